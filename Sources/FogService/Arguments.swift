// The command line.

/// The arguments of `fog-service`.
struct Arguments {
  var name = ""
  var port = 0
  var delay = Duration.zero
  var ignoreTerm = false
  var fail = false

  enum Reading {
    case run(Arguments)
    case help
    case wrong(String)
  }

  static let usage = """
    usage: fog-service NAME --port N [--delay 20s] [--fail] [--ignore-term]

    A small HTTP service on 127.0.0.1 that misbehaves on request, to try out its supervisor.

      --port N        the port to listen on
      --delay TIME    listen only after this time: 500ms, 20s, 2m or seconds
      --fail          fail the health check from the start
      --ignore-term   do not end on SIGTERM

    GET / lists the requests.
    """

  static func read(_ arguments: some Sequence<String>) -> Reading {
    var read = Arguments()
    var rest = arguments.makeIterator()
    while let argument = rest.next() {
      switch argument {
      case "--help", "-h": return .help
      case "--fail": read.fail = true
      case "--ignore-term": read.ignoreTerm = true
      case "--port":
        guard let text = rest.next(), let port = Int(text), (1...65535).contains(port) else {
          return .wrong("--port takes a number from 1 to 65535")
        }
        read.port = port
      case "--delay":
        guard let text = rest.next(), let delay = duration(text) else { return .wrong("--delay takes a time such as 500ms, 20s or 2m") }
        read.delay = delay
      default:
        guard read.name.isEmpty, isName(argument) else { return .wrong("'\(argument)' is no argument; see fog-service --help") }
        read.name = argument
      }
    }
    guard !read.name.isEmpty else { return .wrong("the service's name is missing; see fog-service --help") }
    guard read.port != 0 else { return .wrong("\(read.name) needs --port N") }
    return .run(read)
  }

  /// Whether a name has only letters, digits, `_`, `.` and `-`, which need no quoting in JSON, labels or a terminal.
  private static func isName(_ text: String) -> Bool {
    !text.hasPrefix("-")
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  private static func duration(_ text: String) -> Duration? {
    for (unit, milliseconds) in [("ms", 1.0), ("s", 1000), ("m", 60_000), ("", 1000)] where text.hasSuffix(unit) {
      guard let number = Double(text.dropLast(unit.count)), number >= 0, number < 1e9 else { return nil }
      return .milliseconds(Int64(number * milliseconds))
    }
    return nil
  }
}
