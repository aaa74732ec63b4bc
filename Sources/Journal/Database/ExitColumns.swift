// The exit of a process in the table.

import Orchestration

/// The columns of a process's exit.
struct ExitColumns {
  var kind = Cell.null
  var value = Cell.null
  var coreDumped = Cell.null

  init(_ exit: Exit?) {
    switch exit {
    case nil: break
    case .code(let code):
      kind = .text("code")
      value = .integer(Int64(code))
    case .signal(let number, let dumped):
      kind = .text("signal")
      value = .integer(Int64(number))
      coreDumped = .integer(dumped ? 1 : 0)
    case .outOfMemory: kind = .text("oom")
    case .unknown: kind = .text("unknown")
    }
  }

  /// The exit of a process from its columns.
  static func exit(kind: String?, value: Int64, coreDumped: Bool) -> Exit {
    switch kind {
    case "code": .code(Int32(truncatingIfNeeded: value))
    case "signal": .signal(Int32(truncatingIfNeeded: value), coreDumped: coreDumped)
    case "oom": .outOfMemory
    default: .unknown
    }
  }
}
