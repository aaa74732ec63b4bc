// The steps of a spawn that can fail.

import CLinux

/// A step of a spawn; the raw value is its short name for metrics and the API.
public enum SpawnStep: String, Sendable, CaseIterable {
  /// Arguments and variables were put together.
  case prepare
  /// The program was looked up in PATH.
  case lookup
  /// The process was made.
  case process
  /// It got a session of its own.
  case session
  /// Standard input and outputs were placed, all else closed.
  case descriptors
  /// It got its descriptor limit.
  case limit
  /// It went to its directory.
  case directory
  /// The program was executed.
  case execute

  /// The step in words, as in "changing directory".
  public var text: String {
    switch self {
    case .prepare: "preparing the arguments"
    case .lookup: "looking up the program"
    case .process: "creating the process"
    case .session: "creating the session"
    case .descriptors: "placing the descriptors"
    case .limit: "setting the descriptor limit"
    case .directory: "changing directory"
    case .execute: "executing"
    }
  }

  init(_ step: Int32) {
    self =
      switch clinux_spawn_step(UInt32(step)) {
      case CLINUX_STEP_SESSION: .session
      case CLINUX_STEP_DESCRIPTORS: .descriptors
      case CLINUX_STEP_LIMIT: .limit
      case CLINUX_STEP_DIRECTORY: .directory
      case CLINUX_STEP_EXECUTE: .execute
      default: .process
      }
  }
}
