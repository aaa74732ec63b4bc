// A wait with a limit for work that may never end.

extension Task where Failure == Never {
  /// The task's value, or nil if it does not come within `limit`; the task goes on. Unlike a task group, this does not
  /// wait for a task that ignores cancellation.
  package func value(within limit: Duration) async -> Success? {
    let (answers, answer) = AsyncStream<Success?>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let work = Task<Void, Never> { answer.yield(await value) }
    let clock = Task<Void, any Error> {
      try await Task<Never, Never>.sleep(for: limit, clock: SuspendingClock())
      answer.yield(nil)
    }
    defer {
      work.cancel()
      clock.cancel()
    }
    for await first in answers { return first }
    return nil
  }
}
