// The last events, and those who wait for the next.
//
// The supervisor adds what a batch of inputs has changed, after it was published: a list in memory and one ring of a bell, however many
// follow. Nothing is rendered before somebody reads it, and then once for all.

import HTTPServer
import Synchronization

/// The events of this life of Stoker, as many as are kept.
final class EventLog: Sendable {
  /// One event, numbered.
  final class Entry: Sendable {
    let sequence: UInt64
    let event: LiveEvent
    private let life: String
    private let rendered = Mutex<[UInt8]?>(nil)

    init(sequence: UInt64, _ event: LiveEvent, life: String) {
      self.sequence = sequence
      self.event = event
      self.life = life
    }

    /// As it goes over the wire.
    var bytes: [UInt8] {
      rendered.withLock { rendered in
        if let rendered { return rendered }
        let service = event.service.map { [JSON.Member("service", .string($0))] } ?? []
        let bytes = EventLog.render(event.kind, at: event.at, id: "\(life)-\(sequence)", service + event.details, message: event.message)
        rendered = bytes
        return bytes
      }
    }
  }

  /// What a reader gets.
  struct News: Sendable {
    var entries: ArraySlice<Entry>
    /// Where to go on.
    var position: UInt64
    /// What came before has been dropped.
    var isExpired: Bool
  }

  private struct State {
    /// In order and without gaps; those before `start` are dropped when there are as many of them as of the others.
    var entries: [Entry] = []
    var start = 0
    var newest: UInt64 = 0
    var isClosed = false
    var nextWaiter: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  /// Names this life of Stoker: positions of another one mean nothing.
  let life: String
  private let capacity: Int
  private let state = Mutex(State())
  private let bell: AsyncStream<Void>.Continuation

  /// A start and a stop of a thousand services.
  static let usualCapacity = 8192

  init(life: String, capacity: Int = usualCapacity) {
    self.life = life
    self.capacity = capacity
    let (rings, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.bell = bell
    // Of the log itself nothing is held: it may go while this waits.
    Task { [weak self] in
      for await _ in rings { self?.wake() }
      self?.wake()
    }
  }

  deinit { bell.finish() }

  /// Adds events, in their order. Never waits for who reads.
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

  /// An event as it goes over the wire: `details` are what its kind has beside what all have.
  static func render(_ kind: String, at time: Timestamp, id: String, _ details: [JSON.Member], message: String) -> [UInt8] {
    let head = [JSON.Member("id", .string(id)), JSON.Member("kind", .string(kind)), JSON.Member("at", .string(time.rfc3339))]
    let data = JSON.object(head + details + [JSON.Member("message", .string(message))])
    // Without the newline at its end, which would be a line of data.
    return EventStream.event(id: id, name: kind, data: data.render().dropLast())
  }

  /// There will be no more: who follows reads to the end and leaves.
  func close() {
    state.withLock { $0.isClosed = true }
    bell.yield()
  }

  /// The number of the last event, 0 before the first.
  var newest: UInt64 { state.withLock { $0.newest } }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Those after a position, oldest first.
  func news(after position: UInt64, limit: Int) -> News {
    state.withLock { state in
      let kept = UInt64(state.entries.count - state.start)
      let oldest = state.newest - kept
      let isExpired = position < oldest
      let from = state.start + Int(clamping: max(position, oldest) - oldest)
      let entries = state.entries[min(from, state.entries.count)..<min(from + limit, state.entries.count)]
      return News(entries: entries, position: entries.last?.sequence ?? max(position, oldest), isExpired: isExpired)
    }
  }

  /// Returns when there is something after this position, when the log is closed, or when the task is cancelled.
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
