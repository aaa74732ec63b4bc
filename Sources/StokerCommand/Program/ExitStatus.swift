// The exit codes: the same for every verb, except that `health` has four of its own.

/// An exit code. From 64 on they are those of sysexits.h, which scripts and service managers know.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case failure = 1
  case killed = 10
  case leftOver = 11
  case incomplete = 12
  case usage = 64
  case badServiceFile = 65
  case unavailable = 69
  case tooFewDescriptors = 71
  case noStateDirectory = 73
  case locked = 75
  case notExecutable = 126
  case notFound = 127

  var meaning: String {
    switch self {
    case .success: "done; run, demo: everything stopped by itself"
    case .failure: "refused, or failed"
    case .killed: "run, demo: everything stopped, some of it only by SIGKILL"
    case .leftOver: "run, demo: a process is left that even SIGKILL did not end"
    case .incomplete: "import: written, and some settings stand in it as comments"
    case .usage: "wrong usage"
    case .badServiceFile: "the service file is wrong, or cannot be read"
    case .unavailable: "no Stoker is running there; run, demo: an address is in use"
    case .tooFewDescriptors: "run, demo: the limit of open files is too low for the services"
    case .noStateDirectory: "the state directory cannot be created or written"
    case .locked: "another Stoker uses the state directory"
    case .notExecutable: "exec: the command could not be executed, or not as the service's user"
    case .notFound: "exec: there is no such command"
    }
  }

  /// The table for the help text.
  static var help: String {
    let rows = allCases.map { ["  \($0.rawValue)", $0.meaning] }
    let health = "health alone: 0 healthy, 1 degraded, 2 unhealthy, 3 unknown"
    let run = "run that ends by stoker.exit_when or --until-completed: the exit code of the service, 128 + its signal, or 1"
    return (Table(rows: rows).lines() + [health, run]).joined(separator: "\n")
  }
}
