// `runtime.json`: the record by which a successor recognises the processes of a Stoker that was killed (rule 26).

import Exposition
import Linux
import Logging
import NIOPosix
import Orchestration
import Processes
import Synchronization

/// Writes the record, outside the supervisor's loop. The newest state wins; states in between may never reach the disk.
final class RuntimeRecorder: Sendable {
  /// The record of an earlier Stoker.
  let found: RuntimeRecord
  /// The name of this boot of the machine: a process of another boot is never ours (rule 26).
  let bootID = Linux.bootID() ?? ""
  private let machine = machineID()
  /// The service file's path.
  private let file: String?
  private let changes: AsyncStream<@Sendable () -> RuntimeRecord>.Continuation
  private let writer: Task<Void, Never>
  private let failure = Failure()
  /// The records of unwanted runs that were not waited for: the only proof of identity that the next Stoker may have.
  private let unresolved = Mutex<[RunningRecord]>([])
  /// The shortest time between two writes.
  private static let pace = Duration.milliseconds(20)
  /// The time until a write that failed is tried again.
  private static let patience = Duration.seconds(1)

  /// Reads the record of an earlier Stoker in `directory`; ours will replace it.
  /// - Parameter file: The service file's path.
  init(directory: String, file: String?, logger: Logger) throws(RuntimeRecordError) {
    let (found, problem) = RuntimeRecord.read(from: directory)
    if found.isOfAnotherMachine { throw .otherMachine(directory: directory) }
    if let problem { logger.warning("\(problem)") }
    RuntimeRecord.removeTemporaries(in: directory)
    self.found = found
    self.file = file
    if problem == nil, found.file != file {
      // At once, since a record of ours comes with the first process only. On a full disk the earlier one stays.
      var renamed = found
      renamed.file = file
      try? renamed.write(to: directory)
    }
    let (states, changes) = AsyncStream<@Sendable () -> RuntimeRecord>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.changes = changes
    writer = Task { [failure] in
      for await read in states {
        do {
          // On a thread that may wait for a disk.
          try await NIOThreadPool.singleton.runIfActive { try read().write(to: directory) }
          if failure.note(nil) != nil { logger.notice("\(directory)/runtime.json is written again") }
        } catch {
          let problem = "cannot write \(directory)/runtime.json: \(error); services can be adopted without it"
          if failure.note(problem) == nil { logger.error("\(problem)") }
        }
        // While much changes, each state is soon outdated; services are recognised by their environment, too.
        let isFailing = failure.present != nil
        try? await Task.sleep(for: isFailing ? Self.patience : Self.pace, clock: SuspendingClock())
        // Nothing else may change for a long time.
        if isFailing { changes.yield(read) }
      }
    }
  }

  /// The failure of the last write.
  private final class Failure: Sendable {
    private let sentence = Mutex<String?>(nil)

    var present: String? { sentence.withLock(\.self) }

    /// Notes the result of a write. Returns the failure before it.
    func note(_ new: String?) -> String? {
      sentence.withLock { sentence in
        defer { sentence = new }
        return sentence
      }
    }
  }

  /// Why the record is not written, in a sentence; nil while it is.
  var problem: String? { failure.present }

  /// Requests a write; `read` returns the state at the time of the write.
  func changed(_ read: @escaping @Sendable () -> RuntimeRecord) {
    let unresolved = unresolved.withLock { $0 }
    changes.yield { [machine, file] in
      var record = read()
      record.file = file
      record.running += unresolved
      if !record.running.isEmpty { record.machine = machine }
      return record
    }
  }

  /// Keeps these runs in the record, for the next Stoker.
  func keep(_ runs: [LeftRun]) {
    unresolved.withLock { unresolved in
      unresolved = runs.compactMap { run in
        guard let identity = run.leader ?? run.processes.first?.identity else { return run.record }
        return run.record
          ?? RunningRecord(name: run.owner, run: run.run, identity: identity, bootID: bootID, startedAt: nil, isReady: run.isReady)
      }
    }
  }

  /// Waits until the last state is on the disk, for at most 2 s.
  func finish() async {
    changes.finish()
    _ = await writer.value(within: .seconds(2))
  }

  /// Finds the runs that an earlier Stoker on the same state directory left.
  func leftRuns(of services: [Service], marks: RunMarks, groups: ControlGroups?) async throws -> LeftRuns {
    let records = found.running
    let found = try await NIOThreadPool.singleton.runIfActive { Leftovers.find(marks: marks, records: records, groups: groups) }
    return LeftRuns(
      found: found, records: records.filter { $0.bootID == bootID }, services: Set(services.filter { $0.command != nil }.map(\.name)))
  }

  /// Stops the runs that are unwanted, and what they start meanwhile.
  /// - Returns: The runs with processes that could not be ended.
  func stopUnwanted(_ runs: LeftRuns, marks: RunMarks, groups: ControlGroups?, logger: Logger) async -> [LeftRun] {
    for leftover in runs.unwanted.flatMap(\.processes) {
      logger.warning("\(leftover.subject): left over from an earlier Stoker, pid \(leftover.identity.pid); stopping it first")
    }
    return await Leftovers.clear(marks: marks, records: found.running, groups: groups, timeout: StopPolicy().timeout) {
      runs.kept[$0.owner]?.run != $0.run
    }
  }
}

extension Published {
  /// The record of the processes that live now.
  func running(_ clock: SupervisorClock, bootID: String, groups: ControlGroups?) -> RuntimeRecord {
    let running = services.indices.compactMap { index -> RunningRecord? in
      guard let process = records[index].process else { return nil }
      let (name, view) = (services[index].name, snapshot.services[index])
      return RunningRecord(
        name: name, run: records[index].run, identity: process, bootID: bootID,
        startedAt: clock.timestamp(view.runStarted ?? clock.now).nanoseconds, isReady: !view.isReadying)
    }
    return RuntimeRecord(running: running, groups: groups?.path)
  }
}
