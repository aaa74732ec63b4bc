// `runtime.json`: what a successor needs to recognise the processes of a Stoker that was killed (rule 26).

import Exposition
import Logging
import NIOPosix
import Orchestration
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
          // On a thread that may wait for a disk.
          try await NIOThreadPool.singleton.runIfActive { try RuntimeRecord.write(state, to: directory) }
        } catch {
          logger.error("cannot write \(directory)/runtime.json: \(error)")
        }
      }
    }
  }

  func record(_ running: [RunningRecord]) {
    newest.yield(running)
  }

  /// Waits until the last state is on the disk, for at most 2 s.
  func finish() async {
    newest.finish()
    _ = await writer.value(within: .seconds(2))
  }

  /// Stops whatever a predecessor on the same state directory has left running, each as its service's `stop` says.
  func stopLeftovers(mark: String, services: [Service], logger: Logger) async throws {
    let (records, problem) = RuntimeRecord.read(from: directory)
    if let problem { logger.warning("\(problem)") }
    let leftovers = Leftovers.find(mark: mark, records: records)
    guard !leftovers.isEmpty else { return }
    for leftover in leftovers {
      logger.warning("\(leftover.name): left over from an earlier Stoker, pid \(leftover.identity.pid); stopping it first")
    }
    let policies = Dictionary(services.map { ($0.name, $0.spec.stop) }, uniquingKeysWith: { first, _ in first })
    await withTaskGroup { group in
      for (name, processes) in Dictionary(grouping: leftovers, by: \.name) {
        let policy = policies[name] ?? StopPolicy()
        group.addTask { _ = await Leftovers.stop(processes, signal: policy.signal, timeout: policy.timeout) }
      }
    }
    // What was stopped may have started something meanwhile; and whatever survived is named here.
    let survivors = await Leftovers.clear(mark: mark, records: records, timeout: .zero)
    guard survivors.isEmpty else { throw LeftoverError(survivors: survivors) }
  }
}
