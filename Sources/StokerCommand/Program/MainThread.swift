// The main thread: it waits while a task does the work of a verb, and ends the process with the verb's exit code.

import ArgumentParser
import Glibc
import Synchronization

enum MainThread {
  /// Runs `body` in a task while the main thread waits, then ends the process.
  static func run(_ body: @escaping @Sendable () async throws -> Void) -> Never {
    Task {
      do {
        try await body()
        Glibc.exit(ExitStatus.success.rawValue)
      } catch {
        end(with: error)
      }
    }
    while true { pause() }
  }

  /// Runs `body` in a task while this thread waits for its value; nil where the system has no pipe left to wait on.
  static func wait<Value: Sendable>(for body: @escaping @Sendable () async -> Value) -> Value? {
    let result = Box<Value>()
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    let (readEnd, writeEnd) = (ends[0], ends[1])
    Task {
      let value = await body()
      result.value.withLock { $0 = value }
      close(writeEnd)
    }
    // The task closes its end once the value is there.
    var byte: UInt8 = 0
    while read(readEnd, &byte, 1) < 0, errno == EINTR {}
    close(readEnd)
    return result.value.withLock { $0 }
  }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  /// Reports an error of a running verb, and ends the process.
  static func end(with error: any Error) -> Never {
    switch error {
    case let failure as Failure:
      for line in failure.details { Console.note(line) }
      Console.report(failure.sentence)
      Glibc.exit(failure.status.rawValue)
    case let code as ExitCode:
      // The verb has printed its own sentences.
      Glibc.exit(code.rawValue)
    default:
      Console.report("\(error)")
      Glibc.exit(ExitStatus.failure.rawValue)
    }
  }
}
