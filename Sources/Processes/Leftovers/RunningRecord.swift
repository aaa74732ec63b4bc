// The record of a run for a successor.

import Orchestration

/// A running process, as recorded for a successor.
package struct RunningRecord: Hashable, Sendable, Codable {
  /// The service's name.
  package var name: String
  /// The number of the run.
  package var run: UInt64
  /// The process id of its main process.
  package var pid: Int32
  /// Its start time, in clock ticks since boot.
  package var startTime: UInt64
  /// The boot of that start time.
  package var bootID: String
  /// The start of the run, in nanoseconds since 1970; nil if it is not known.
  package var startedAt: Int64?
  /// Whether it has reported that it is ready.
  package var isReady: Bool

  /// Makes a record.
  package init(
    name: String, run: UInt64, identity: ProcessIdentity, bootID: String, startedAt: Int64? = nil, isReady: Bool = false
  ) {
    self.name = name
    self.run = run
    pid = identity.pid
    startTime = identity.startTime
    self.bootID = bootID
    self.startedAt = startedAt
    self.isReady = isReady
  }

  /// Reads the fields of version 1 of the format, and the later ones where they exist.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    run = try values.decode(UInt64.self, forKey: .run)
    pid = try values.decode(Int32.self, forKey: .pid)
    startTime = try values.decode(UInt64.self, forKey: .startTime)
    bootID = try values.decode(String.self, forKey: .bootID)
    startedAt = try values.decodeIfPresent(Int64.self, forKey: .startedAt).flatMap { $0 < 0 ? nil : $0 }
    isReady = try values.decodeIfPresent(Bool.self, forKey: .isReady) ?? false
  }

  /// Whether it can have been written by a Stoker: numbers beyond these are nobody's, and could overflow later.
  var isPlausible: Bool { pid > 1 && run <= RunNumber.highest }

  /// The key of the run.
  package var key: RunKey { RunKey(owner: name, run: run) }

  /// The process.
  package var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTime: startTime) }
}
