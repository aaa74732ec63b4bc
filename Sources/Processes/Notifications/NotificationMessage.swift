// The parser of sd_notify datagrams.

/// The content of a datagram.
struct NotificationMessage: Equatable {
  /// The new main process.
  var mainProcess: Int32?
  /// The other notifications, in their order in the datagram; of each kind one.
  var notifications: [RunNotification] = []

  var isEmpty: Bool { mainProcess == nil && notifications.isEmpty }

  /// The longest message; longer than systemd accepts.
  static let bound = 8192
  /// A longer extension is as good as unlimited, and sums of this one cannot overflow.
  private static let longest: UInt64 = 366 * 86_400 * 1_000_000

  /// Parses a datagram. Unknown fields are ignored.
  init(_ bytes: UnsafeRawBufferPointer) {
    var seen: Set<String> = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = String(decoding: line[(equals + 1)...], as: UTF8.self)
      let field = String(decoding: line[..<equals], as: UTF8.self)
      let count = notifications.count
      guard !seen.contains(field) else { continue }
      switch field {
      case "READY" where value == "1": notifications.append(.ready)
      case "RELOADING" where value == "1": notifications.append(.reloading)
      case "STOPPING" where value == "1": notifications.append(.stopping)
      case "WATCHDOG" where value == "1": notifications.append(.watchdog)
      case "WATCHDOG" where value == "trigger": notifications.append(.watchdogTrigger)
      case "STATUS": notifications.append(.status(Self.printable(value)))
      case "ERRNO": if let number = Int32(value) { notifications.append(.errno(number)) }
      case "EXTEND_TIMEOUT_USEC":
        if let time = UInt64(value) { notifications.append(.extendTimeout(.microseconds(Int64(min(time, Self.longest))))) }
      case "MAINPID": if let pid = Int32(value), pid > 1 { mainProcess = pid }
      default: break
      }
      if notifications.count > count { seen.insert(field) }
    }
  }

  /// Without control characters, since it is shown on terminals.
  private static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isControl) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { value < 0x20 || (0x7f..<0xa0).contains(value) }
}
