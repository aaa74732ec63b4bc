// The pipe between a stream's producer and its connection.

import Synchronization

/// A stream's queue between the task that produces and the event loop that sends.
final class StreamPipe: Sendable {
  private typealias Waiter = CheckedContinuation<Result<Void, StreamClosed>, Never>

  /// The most bytes that are accepted but not with the kernel yet.
  static let limit = 64 << 10

  private let queue = Mutex(StreamQueue<Waiter>(limit: StreamPipe.limit))
  private let wake: @Sendable () -> Void

  /// `wake` is called on any thread when there is something to take.
  init(wake: @escaping @Sendable () -> Void) {
    self.wake = wake
  }

  // MARK: The producer's end

  /// Returns when the chunk is accepted.
  func write(_ bytes: [UInt8]) async throws(StreamClosed) {
    switch queue.withLock({ $0.offer(bytes) }) {
    case .accepted(let announce): if announce { wake() }
    case .closed(let reason): throw reason
    case .full: try await wait(bytes).get()
    }
  }

  private func wait(_ bytes: [UInt8]) async -> Result<Void, StreamClosed> {
    await withCheckedContinuation { waiter in
      switch queue.withLock({ $0.wait(bytes, waiter) }) {
      case .accepted(let announce):
        waiter.resume(returning: .success(()))
        if announce { wake() }
      case .closed(let reason): waiter.resume(returning: .failure(reason))
      case .full: break
      }
    }
  }

  // MARK: The connection's end

  func take() -> [[UInt8]] {
    queue.withLock { $0.take() }
  }

  func sent(_ count: Int) {
    let (waiters, announce) = queue.withLock { $0.sent(count) }
    for waiter in waiters { waiter.resume(returning: .success(())) }
    if announce { wake() }
  }

  func close(_ reason: StreamClosed) {
    let waiters = queue.withLock { $0.close(reason) }
    for waiter in waiters { waiter.resume(returning: .failure(reason)) }
  }
}
