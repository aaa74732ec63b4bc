// The steps of a spawn that can fail.

import CLinux

/// A step of a spawn; the raw value is its short name for metrics and the API.
package enum SpawnStep: String, Sendable, CaseIterable {
  /// Arguments and variables are put together.
  case prepare
  /// The program is looked up in PATH.
  case lookup
  /// The process is made.
  case process
  /// It gets a session of its own.
  case session
  /// It enters its cgroup.
  case controlGroup = "control_group"
  /// The channel for its readiness is opened.
  case notification
  /// Standard input and outputs are placed, all else closed.
  case descriptors
  /// It gets its descriptor limit.
  case limit
  /// It gets the limit of its core.
  case coreLimit = "core_limit"
  /// It gets its niceness.
  case nice
  /// It gets its adjustment for the case that memory runs out.
  case oomScore = "oom_score"
  /// It gets its group.
  case group
  /// It gets its user.
  case user
  /// It gives up gaining privileges.
  case privileges
  /// It opens the file of its output.
  case output
  /// It enters its directory.
  case directory
  /// The program is executed.
  case execute

  /// The step in words, as in "changing directory".
  package var text: String {
    switch self {
    case .prepare: "preparing the arguments"
    case .lookup: "looking up the program"
    case .process: "creating the process"
    case .session: "creating the session"
    case .controlGroup: "entering the cgroup"
    case .notification: "opening the notification socket"
    case .descriptors: "placing the descriptors"
    case .limit: "setting the descriptor limit"
    case .coreLimit: "setting the core limit"
    case .nice: "setting the niceness"
    case .oomScore: "setting oom_score_adj"
    case .group: "changing the group"
    case .user: "changing the user"
    case .privileges: "setting no_new_privs"
    case .output: "opening the log"
    case .directory: "changing directory"
    case .execute: "executing"
    }
  }

  init(_ step: Int32) {
    self =
      switch clinux_spawn_step(UInt32(step)) {
      case CLINUX_STEP_SESSION: .session
      case CLINUX_STEP_CGROUP: .controlGroup
      case CLINUX_STEP_DESCRIPTORS: .descriptors
      case CLINUX_STEP_LIMIT: .limit
      case CLINUX_STEP_CORE: .coreLimit
      case CLINUX_STEP_NICE: .nice
      case CLINUX_STEP_OOM_SCORE: .oomScore
      case CLINUX_STEP_GROUP: .group
      case CLINUX_STEP_USER: .user
      case CLINUX_STEP_PRIVILEGES: .privileges
      case CLINUX_STEP_OUTPUT: .output
      case CLINUX_STEP_DIRECTORY: .directory
      case CLINUX_STEP_EXECUTE: .execute
      default: .process
      }
  }
}
