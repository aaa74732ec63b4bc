// A client that sends exactly the bytes it is given, on a plain blocking socket.

import Addresses
import Glibc
import HTTPServer
import Synchronization

/// One connection. Its calls block threads of their own, never those that the server's handlers need.
final class RawClient: Sendable {
  let descriptor: Int32
  private let unread = Mutex<[UInt8]>([])

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// How a connection ended.
  enum End: Equatable {
    case closed
    case reset
  }

  /// A `receiveBuffer` keeps the kernel from taking much for a client that does not read.
  init(_ address: ListenAddress, receiveBuffer: Int32? = nil) async throws {
    descriptor = try await onThread { () throws(Failure) -> Int32 in try Self.connect(address, receiveBuffer: receiveBuffer) }
  }

  deinit { close(descriptor) }

  static func connect(_ address: ListenAddress, receiveBuffer: Int32? = nil) throws(Failure) -> Int32 {
    let descriptor: Int32
    let result: Int32
    func limitBuffer(_ descriptor: Int32) {
      guard var size = receiveBuffer else { return }
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
    }
    switch address {
    case .tcp(let host, let port):
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      limitBuffer(descriptor)
      var on: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
      // Written out, since Glibc's own sockaddr_in cannot be filled without a second module.
      var bytes = [UInt8](repeating: 0, count: 16)
      withUnsafeBytes(of: sa_family_t(AF_INET)) { bytes.replaceSubrange(0..<2, with: $0) }
      bytes[2] = UInt8(port >> 8)
      bytes[3] = UInt8(port & 255)
      bytes.replaceSubrange(
        4..<8, with: host == "0.0.0.0" || host == "localhost" ? [127, 0, 0, 1] : host.split(separator: ".").compactMap { UInt8($0) })
      result = bytes.withUnsafeBytes { raw in
        raw.withMemoryRebound(to: sockaddr.self) { Glibc.connect(descriptor, $0.baseAddress, 16) }
      }
    case .unix(let path):
      descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
      result = withUnsafePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
      }
    }
    guard result == 0 else {
      let code = errno
      close(descriptor)
      throw Failure(description: "connect: \(String(cString: strerror(code)))")
    }
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    return descriptor
  }

  /// Sends everything, or what the server still takes.
  func send(_ text: String) async { await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async {
    await onThread { [descriptor] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent > 0 else { return }
        rest = rest.dropFirst(sent)
      }
    }
  }

  /// Closes our side only.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends the connection with a reset.
  func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    leave()
  }

  /// Closes the connection, as the kernel does for a process that ends.
  func leave() {
    // The descriptor stays open but is no socket any more; deinit closes it.
    let null = open("/dev/null", O_RDWR)
    dup2(null, descriptor)
    close(null)
  }

  /// The next response, with the body that its Content-Length promises (none after HEAD).
  func response(toHead: Bool = false) async throws -> Reply {
    try await read { Reply.parse($0, toHead: toHead) }
  }

  /// Reads until `parse` finds something at the beginning of what came; what follows stays for later.
  func read<Value: Sendable>(_ parse: @escaping @Sendable ([UInt8]) -> (Value, Int)?) async throws -> Value {
    try await onThread { [self] () throws(Failure) -> Value in
      var bytes = unread.withLock { $0 }
      while true {
        if let (value, length) = parse(bytes) {
          unread.withLock { $0 = Array(bytes[length...]) }
          return value
        }
        var part = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &part, part.count, 0)
        guard count > 0 else {
          throw Failure(description: "no response: \(count == 0 ? "closed" : String(cString: strerror(errno))) after '\(text(bytes))'")
        }
        bytes += part[..<count]
      }
    }
  }

  /// Sends a request and waits for its response.
  func ask(_ text: String, toHead: Bool = false) async throws -> Reply {
    await send(text)
    return try await response(toHead: toHead)
  }

  /// Everything until the server closes.
  func rest() async throws -> (bytes: [UInt8], end: End) {
    try await onThread { [self] () throws(Failure) -> ([UInt8], End) in
      var bytes = unread.withLock { $0 }
      while true {
        var part = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &part, part.count, 0)
        if count == 0 { return (bytes, .closed) }
        if count < 0 {
          guard errno == ECONNRESET || errno == EPIPE else { throw Failure(description: "still open after 30 s, with '\(text(bytes))'") }
          return (bytes, .reset)
        }
        bytes += part[..<count]
      }
    }
  }
}

/// Bytes as text.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
