// The choice among the runs that an earlier Stoker left: which are adopted, and which must end first.

import Orchestration
import Processes

/// The runs that an earlier Stoker left, sorted by their further way.
struct LeftRuns {
  /// One run for each service: adopted if it is there, and otherwise judged as ended.
  private(set) var kept: [String: LeftRun] = [:]
  /// Runs that are stopped before anything starts: of services that are not in the file, of checks and hooks, and older runs.
  private(set) var unwanted: [LeftRun] = []

  /// - Parameters:
  ///   - found: The runs with live processes.
  ///   - records: The records of this boot of the machine.
  ///   - services: The names of the services that have processes.
  init(found: [LeftRun], records: [RunningRecord], services: Set<String>) {
    for run in found {
      guard services.contains(run.owner) else {
        unwanted.append(run)
        continue
      }
      guard let other = kept[run.owner] else {
        kept[run.owner] = run
        continue
      }
      // The newer of two runs of one service is the present one; the older was about to end.
      kept[run.owner] = other.run < run.run ? run : other
      unwanted.append(other.run < run.run ? other : run)
    }
    for record in records where services.contains(record.name) && kept[record.name] == nil {
      kept[record.name] = LeftRun(owner: record.name, run: record.run, leader: nil, processes: [], record: record)
    }
  }
}

extension LeftRun {
  /// Whether any of its processes lives.
  var isThere: Bool { leader != nil || !processes.isEmpty }
  /// The start of the run, as it was recorded, or else that of its main process.
  var startedAt: Timestamp? {
    record?.startedAt.map { Timestamp(nanoseconds: $0) }
      ?? leader.map { Timestamp(nanoseconds: Timestamp.now.nanoseconds - $0.age.wholeNanoseconds) }
  }
}
