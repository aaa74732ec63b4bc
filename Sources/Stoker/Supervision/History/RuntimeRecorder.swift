// `runtime.json`: what a successor needs to recognise the processes of a Stoker that was killed (rule 26).

import Exposition
import Logging
import NIOPosix
import Orchestration
import Processes

/// Something of a predecessor could not be ended, so nothing may be started beside it.
package struct LeftoverError: Error, CustomStringConvertible {
  let survivors: [Leftover]

  /// One sentence for people.
  package var description: String {
    let names = survivors.map { "\($0.name) (pid \($0.identity.pid))" }.joined(separator: ", ")
    return "processes of an earlier Stoker survived SIGKILL and nothing may be started beside them: \(names)"
  }
}

/// Writes the record off the supervisor's loop; the newest state wins, states in between may never reach the disk.
final class RuntimeRecorder: Sendable {
  /// What a predecessor wrote down.
  let found: RuntimeRecord
  private let changes: AsyncStream<@Sendable () -> RuntimeRecord>.Continuation
  private let writer: Task<Void, Never>
  /// From one writing to the next.
  private static let pace = Duration.milliseconds(20)

  /// Reads what a predecessor has written to `directory`; what we write replaces it.
  init(directory: String, logger: Logger) {
    let (found, problem) = RuntimeRecord.read(from: directory)
    if let problem { logger.warning("\(problem)") }
    self.found = found
    let (states, changes) = AsyncStream<@Sendable () -> RuntimeRecord>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.changes = changes
    writer = Task {
      var isFailing = false
      for await read in states {
        do {
          // On a thread that may wait for a disk.
          try await NIOThreadPool.singleton.runIfActive { try read().write(to: directory) }
          if isFailing { logger.notice("\(directory)/runtime.json is written again") }
          isFailing = false
        } catch {
          if !isFailing { logger.error("cannot write \(directory)/runtime.json: \(error); services can be adopted without it") }
          isFailing = true
        }
        // While much changes each state is soon old, and services are recognised by their environment, too.
        try? await Task.sleep(for: Self.pace, clock: SuspendingClock())
      }
    }
  }

  /// Something has changed; `read` says how it is when there is time to write it down.
  func changed(_ read: @escaping @Sendable () -> RuntimeRecord) {
    changes.yield(read)
  }

  /// Waits until the last state is on the disk, for at most 2 s.
  func finish() async {
    changes.finish()
    _ = await writer.value(within: .seconds(2))
  }

  /// What a predecessor on the same state directory has left of these services, by name: what still runs, and runs of this boot of the
  /// machine that ended while nobody looked. Whatever else it left is stopped first: services that are not in the file any more, and the
  /// commands of checks and hooks.
  func takeOver(
    _ services: [Service], mark: String, groups: ControlGroups?, bootID: String, logger: Logger
  ) async throws -> [String: LeftRun] {
    let names = Set(services.filter { $0.command != nil }.map(\.name))
    let records = found.running
    var kept: [String: LeftRun] = [:]
    var unwanted: [LeftRun] = []
    for run in try await NIOThreadPool.singleton.runIfActive({ Leftovers.find(mark: mark, records: records, groups: groups) }) {
      guard names.contains(run.owner) else {
        unwanted.append(run)
        continue
      }
      guard let other = kept[run.owner] else {
        kept[run.owner] = run
        continue
      }
      // Of two runs of one service the newer is it; the older was on its way out.
      kept[run.owner] = other.run < run.run ? run : other
      unwanted.append(other.run < run.run ? other : run)
    }
    for record in records where record.bootID == bootID && names.contains(record.name) && kept[record.name] == nil {
      kept[record.name] = LeftRun(owner: record.name, run: record.run, leader: nil, processes: [], record: record)
    }
    guard !unwanted.isEmpty else { return kept }
    for leftover in unwanted.flatMap(\.processes) {
      logger.warning("\(leftover.name): left over from an earlier Stoker, pid \(leftover.identity.pid); stopping it first")
    }
    let survivors = await Leftovers.clear(mark: mark, records: records, groups: groups, timeout: StopPolicy().timeout) {
      kept[$0.owner]?.run != $0.run
    }
    guard survivors.isEmpty else { throw LeftoverError(survivors: survivors) }
    return kept
  }
}

extension LeftRun {
  /// Something of it lives.
  var isThere: Bool { leader != nil || !processes.isEmpty }
  /// When it began, if that was written down.
  var startedAt: Timestamp? { record?.startedAt.map { Timestamp(nanoseconds: $0) } }
}

extension Published {
  /// The processes that live now, as a successor is to be told.
  func running(_ clock: SupervisorClock, in world: World) -> RuntimeRecord {
    let groups = world.processes.groups
    let running = services.indices.compactMap { index -> RunningRecord? in
      guard let process = records[index].process else { return nil }
      let (name, view) = (services[index].name, snapshot.services[index])
      return RunningRecord(
        name: name, run: records[index].run, identity: process, bootID: world.bootID,
        startedAt: clock.timestamp(view.runStarted ?? clock.now).nanoseconds, isReady: !view.isReadying)
    }
    return RuntimeRecord(running: running, groups: groups?.path)
  }
}
