// Notifications to the service manager that started us (sd_notify(3)).

import Glibc

/// The service manager's socket. It is notified when we are ready, reload or stop, and regularly for its watchdog.
final class ServiceManager: Sendable {
  private let path: String
  private let watchdog: Duration?

  /// Removes its variables from the environment, so that no service notifies it as its own manager; nil without a manager.
  static func take() -> ServiceManager? {
    let path = Environment.value("NOTIFY_SOCKET")
    let microseconds = Environment.value("WATCHDOG_USEC").flatMap(Int.init)
    let isOurs = Environment.value("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
    guard let path, path.hasPrefix("/") || path.hasPrefix("@") else { return nil }
    return ServiceManager(path: path, watchdog: isOurs ? microseconds.map { .microseconds($0) } : nil)
  }

  private init(path: String, watchdog: Duration?) {
    self.path = path
    self.watchdog = watchdog
  }

  /// Reports the end of the start or of a reload.
  func ready(_ status: String) {
    send("READY=1\nSTATUS=\(status)")
  }

  /// Reports the beginning of a reload.
  func reloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    send("RELOADING=1\nMONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)")
  }

  /// Reports the beginning of the full stop.
  func stopping() {
    send("STOPPING=1\nSTATUS=stopping everything")
  }

  /// Notifies the watchdog twice in its interval, as sd_watchdog_enabled(3) advises, each time after a sign of life of the supervision.
  func feedWatchdog(after signOfLife: @escaping @Sendable () async -> Void) {
    guard let watchdog, watchdog > .zero else { return }
    Task {
      while true {
        await signOfLife()
        send("WATCHDOG=1")
        try await Task.sleep(for: watchdog / 2, clock: SuspendingClock())
      }
    }
  }

  /// Sends one datagram. A manager that does not receive it reports that itself.
  private func send(_ message: String) {
    let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    // An abstract name begins with NUL.
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
    let length = socklen_t(offset + name.count + (name[0] == 0 ? 0 : 1))
    let bytes = Array(message.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length) }
    }
  }
}
