// `runtime.json`: what a successor needs to recognise the processes of a Stoker that was killed (rule 26).

import Logging
import Processes
import Synchronization

/// Something of a predecessor could not be ended, so nothing may be started beside it.
public struct LeftoverError: Error, CustomStringConvertible {
  let survivors: [Leftover]

  /// One sentence for people.
  public var description: String {
    let names = survivors.map { "\($0.name) (pid \($0.identity.pid))" }.joined(separator: ", ")
    return "processes of an earlier Stoker survived SIGKILL and nothing may be started beside them: \(names)"
  }
}

/// Writes the record off the supervisor's loop; the newest state wins, states in between may never reach the disk.
final class RuntimeRecorder: Sendable {
  private let directory: String
  private let newest: AsyncStream<[RunningRecord]>.Continuation
  private let writer: Task<Void, Never>

  init(directory: String, logger: Logger) {
    self.directory = directory
    let (states, newest) = AsyncStream<[RunningRecord]>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.newest = newest
    writer = Task {
      for await state in states {
        do {
          try RuntimeRecord.write(state, to: directory)
        } catch {
          logger.error("cannot write \(directory)/runtime.json: \(error)")
        }
      }
    }
  }

  func record(_ running: [RunningRecord]) {
    newest.yield(running)
  }

  /// Waits until the last state is on the disk.
  func finish() async {
    newest.finish()
    await writer.value
  }

  /// Stops whatever a predecessor on the same state directory has left running.
  func stopLeftovers(mark: String, logger: Logger) async throws {
    let (records, problem) = RuntimeRecord.read(from: directory)
    if let problem { logger.warning("\(problem)") }
    for leftover in Leftovers.find(mark: mark, records: records) {
      logger.warning("\(leftover.name): left over from an earlier Stoker, pid \(leftover.identity.pid); stopping it first")
    }
    let survivors = await Leftovers.clear(mark: mark, records: records, timeout: .seconds(30))
    guard survivors.isEmpty else { throw LeftoverError(survivors: survivors) }
  }
}
