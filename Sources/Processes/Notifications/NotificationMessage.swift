// One datagram of sd_notify, taken apart.

/// What a datagram says.
struct NotificationMessage: Equatable {
  /// The process that is to be the main one.
  var mainProcess: Int32?
  /// The rest, in the order in which it stands there.
  var notifications: [RunNotification] = []

  /// No message is longer; more than systemd takes.
  static let bound = 8192
  /// A wish for more is as good as for ever, and sums of it overflow nothing.
  private static let longest: UInt64 = 366 * 86_400 * 1_000_000

  /// Takes it apart. What is not known is passed over.
  init(_ bytes: UnsafeRawBufferPointer) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = String(decoding: line[(equals + 1)...], as: UTF8.self)
      switch String(decoding: line[..<equals], as: UTF8.self) {
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
    }
  }

  /// It is shown on terminals.
  private static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: \.isControl) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { value < 0x20 || (0x7f..<0xa0).contains(value) }
}
