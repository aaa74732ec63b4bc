// Blocking calls and conditions in tests.

import Glibc
import Linux

/// Runs a blocking function on a thread of its own: the pool's threads are few, and other tests need them.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { (reply: CheckedContinuation<Result, any Error>) in
    do {
      _ = try NativeThread("test", isDetached: true) { reply.resume(with: Swift.Result { try body() }) }
    } catch {
      reply.resume(throwing: error)
    }
  }
}

/// A condition that was not met in time.
package struct WaitedTooLong: Error, CustomStringConvertible {
  package let description: String
}

/// Waits until a condition is met; throws if it is not within ten minutes: that is no measure of speed, on a busy machine least of all.
package func eventually(
  _ expectation: String, file: String = #fileID, line: Int = #line, _ isMet: () throws -> Bool, meanwhile: () async throws -> Void = {}
) async throws {
  let deadline = ContinuousClock.now + .seconds(600)
  while try !isMet() {
    guard ContinuousClock.now < deadline else { throw WaitedTooLong(description: "\(file):\(line): waited 600 s for \(expectation)") }
    try await meanwhile()
    try await Task.sleep(for: .milliseconds(1))
  }
}
