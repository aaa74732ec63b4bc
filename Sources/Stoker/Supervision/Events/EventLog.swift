// The last events, and the subscribers that wait for the next one.
//
// The supervisor appends the events of a batch of inputs after publishing it: to a list in memory, with one ring of a bell however many
// subscribers there are. An event is rendered when the first subscriber reads it, and then once for all.

import Synchronization

/// The last events of this life of Stoker.
final class EventLog: Sendable {
  /// One event, numbered.
  final class Entry: Sendable {
    let sequence: UInt64
    let event: LiveEvent
    /// The life of Stoker that it belongs to.
    let life: String
    /// Whole, and without the output of services.
    private let rendered = Mutex<(whole: [UInt8]?, withoutOutput: [UInt8]?)>((nil, nil))

    init(sequence: UInt64, _ event: LiveEvent, life: String) {
      self.sequence = sequence
      self.event = event
      self.life = life
    }

    /// Its bytes on the wire, rendered by the first subscriber that asks for them.
    func bytes(withOutput: Bool, _ render: () -> [UInt8]) -> [UInt8] {
      let version = withOutput || !event.quotesOutput ? \(whole: [UInt8]?, withoutOutput: [UInt8]?).whole : \.withoutOutput
      return rendered.withLock { rendered in
        if let bytes = rendered[keyPath: version] { return bytes }
        let bytes = render()
        rendered[keyPath: version] = bytes
        return bytes
      }
    }
  }

  /// The events after a position.
  struct Batch: Sendable {
    var entries: ArraySlice<Entry>
    /// The position to read on from.
    var position: UInt64
    /// Whether earlier events after that position were dropped.
    var isExpired: Bool
  }

  private struct State {
    /// In order and without gaps; entries before `start` are removed when there are as many of them as of the others.
    var entries: [Entry] = []
    var start = 0
    var newest: UInt64 = 0
    var isClosed = false
    var nextWaiter: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  /// The name of this life of Stoker: positions of another life are not valid in this one.
  let life: String
  private let capacity: Int
  private let state = Mutex(State())
  private let bell: AsyncStream<Void>.Continuation

  /// Enough for a start and a stop of a thousand services.
  static let usualCapacity = 8192

  init(life: String, capacity: Int = usualCapacity) {
    self.life = life
    self.capacity = capacity
    let (rings, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.bell = bell
    // Weak: the log may be released while this waits.
    Task { [weak self] in
      for await _ in rings { self?.wake() }
      self?.wake()
    }
  }

  deinit { bell.finish() }

  /// Appends events, in their order. Never waits for a subscriber.
  func append(_ events: [LiveEvent]) {
    guard !events.isEmpty else { return }
    state.withLock { state in
      for event in events {
        state.newest += 1
        state.entries.append(Entry(sequence: state.newest, event, life: life))
      }
      state.start = max(state.start, state.entries.count - capacity)
      if state.start >= capacity {
        state.entries.removeFirst(state.start)
        state.start = 0
      }
    }
    bell.yield()
  }

  /// Ends the log: subscribers read to the end and leave.
  func close() {
    state.withLock { $0.isClosed = true }
    bell.yield()
  }

  /// The number of the last event, 0 before the first.
  var newest: UInt64 { state.withLock { $0.newest } }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// The events after a position, oldest first.
  func batch(after position: UInt64, limit: Int) -> Batch {
    state.withLock { state in
      let kept = UInt64(state.entries.count - state.start)
      let oldest = state.newest - kept
      let isExpired = position < oldest
      let from = state.start + Int(clamping: max(position, oldest) - oldest)
      let entries = state.entries[min(from, state.entries.count)..<min(from + limit, state.entries.count)]
      return Batch(entries: entries, position: entries.last?.sequence ?? max(position, oldest), isExpired: isExpired)
    }
  }

  /// Returns when there is an event after this position, when the log is closed, or when the task is cancelled.
  func wait(after position: UInt64) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { reply in
        let mustWait = state.withLock { state in
          guard state.newest <= position, !state.isClosed, !Task.isCancelled else { return false }
          state.waiting[id] = reply
          return true
        }
        if !mustWait { reply.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }

  private func wake() {
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      return state.waiting
    }
    for reply in waiting.values { reply.resume() }
  }
}
