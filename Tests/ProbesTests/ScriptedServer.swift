// A real server on a loopback socket that answers as each test asks, byte by byte.

import Addresses
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Probes

/// One accepted connection, as a test's script sees it.
struct ServerConnection: Sendable {
  let channel: any Channel

  func send(_ text: String) { channel.writeAndFlush(channel.allocator.buffer(string: text), promise: nil) }

  /// Ends the connection after what was sent.
  func close() { channel.close(promise: nil) }

  /// Ends it with a reset.
  func reset() {
    let options = channel as? any SocketOptionProvider
    options?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
  }

  /// Sends the text again and again until the other side goes away.
  func drip(_ text: String, every pause: TimeAmount = .milliseconds(5)) {
    let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pause) { _ in send(text) }
    channel.closeFuture.whenComplete { _ in task.cancel() }
  }

  /// Sends as fast as the other side reads, until it goes away.
  func flood(_ text: String) {
    // By way of the loop: a write that succeeds at once would otherwise call itself until the stack is full.
    channel.writeAndFlush(channel.allocator.buffer(string: text)).whenSuccess { channel.eventLoop.execute { flood(text) } }
  }

  /// A whole answer, then the end.
  func answer(_ status: String = "200 OK", _ body: String = "", headers: String = "") {
    send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    close()
  }
}

/// Listens, hands each request (or, with `speaksFirst`, each connection) to a script, and counts.
final class ScriptedServer: Sendable {
  typealias Script = @Sendable (_ request: String, _ connection: ServerConnection) -> Void

  /// The requests that came, and the connections that ended, in order.
  let requests: AsyncStream<String>
  let closings: AsyncStream<Void>
  let seen: Seen
  private let listener: any Channel

  final class Seen: Sendable {
    private let requests = Mutex<[String]>([])
    var all: [String] { requests.withLock { $0 } }
    func add(_ request: String) { requests.withLock { $0.append(request) } }
  }

  var port: Int { listener.localAddress?.port ?? 0 }

  private init(listener: any Channel, requests: AsyncStream<String>, closings: AsyncStream<Void>, seen: Seen) {
    self.listener = listener
    self.requests = requests
    self.closings = closings
    self.seen = seen
  }

  static func start(
    unix path: String? = nil, speaksFirst: Bool = false, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    script: @escaping Script
  ) async throws -> ScriptedServer {
    let (requests, requestsIn) = AsyncStream.makeStream(of: String.self)
    let (closings, closingsIn) = AsyncStream.makeStream(of: Void.self)
    let seen = Seen()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelInitializer { channel in
        channel.closeFuture.whenComplete { _ in closingsIn.yield() }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            RequestReader(speaksFirst: speaksFirst) { request, connection in
              seen.add(request)
              requestsIn.yield(request)
              script(request, connection)
            })
        }
      }
    let listener =
      if let path {
        try await bootstrap.bind(unixDomainSocketPath: path).get()
      } else {
        try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
      }
    return ScriptedServer(listener: listener, requests: requests, closings: closings, seen: seen)
  }

  func stop() async throws { try await listener.close() }

  /// A check of this server.
  func url(_ path: String = "/health") throws -> HTTPTarget { try HTTPTarget(parsing: "http://127.0.0.1:\(port)\(path)") }

  /// The first connection ended.
  func connectionClosed() async {
    for await _ in closings { return }
  }

  /// The first request came.
  func requestCame() async {
    for await _ in requests { return }
  }
}

/// Collects bytes up to the empty line that ends a request's head (or a newline, for those who do not speak HTTP).
private final class RequestReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let speaksFirst: Bool
  private let script: ScriptedServer.Script
  private var head = ""

  init(speaksFirst: Bool, script: @escaping ScriptedServer.Script) {
    self.speaksFirst = speaksFirst
    self.script = script
  }

  func channelActive(context: ChannelHandlerContext) {
    if speaksFirst { script("", ServerConnection(channel: context.channel)) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !speaksFirst else { return }
    head += String(buffer: unwrapInboundIn(data))
    let isHTTP = head.contains(" HTTP/1.1\r\n")
    guard isHTTP ? head.hasSuffix("\r\n\r\n") : head.utf8.last == UInt8(ascii: "\n") else { return }
    let request = head
    head = ""
    script(request, ServerConnection(channel: context.channel))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Runs a test against a server and stops the server, whatever happens.
func withServer(
  unix path: String? = nil, speaksFirst: Bool = false, script: @escaping ScriptedServer.Script,
  body: (ScriptedServer) async throws -> Void
) async throws {
  let server = try await ScriptedServer.start(unix: path, speaksFirst: speaksFirst, script: script)
  do {
    try await body(server)
  } catch {
    try await server.stop()
    throw error
  }
  try await server.stop()
}

/// Runs a test with a port of 127.0.0.1 without a listener: a socket that does not listen holds it, so that no other process gets it.
func withClosedPort(_ body: (Int) async throws -> Void) async throws {
  let (port, descriptor) = try closedPort()
  defer { close(descriptor) }
  try await body(port)
}

func closedPort() throws -> (port: Int, descriptor: CInt) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  try #require(descriptor >= 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let bound = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0 }
  }
  try #require(bound)
  return (Int(UInt16(bigEndian: address.sin_port)), descriptor)
}

/// A fresh directory, removed afterwards with what is in it.
func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
  var template = Array("/tmp/probes-XXXXXX".utf8CString)
  let path = try #require(mkdtemp(&template).map { String(cString: $0) })
  defer {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != "." && name != ".." { unlink("\(path)/\(name)") }
      }
      closedir(directory)
    }
    rmdir(path)
  }
  try await body(path)
}

/// Long enough for any machine; a test that needs it is failing.
let generous = Duration.seconds(120)

/// A prober whose exec checks end as given.
func prober(commands result: CommandResult = .failed("no commands here")) -> Prober {
  Prober(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, commands: FixedResult(result: result))
}

struct FixedResult: CommandRunner {
  let result: CommandResult
  func run(_ command: ExecProbe, timeout: Duration) async -> CommandResult { result }
}

/// Runs a check whose deadline is to pass, with a short one first.
///
/// On a loaded machine a short deadline can pass before what the test is about has happened; the message shows that, and the check is run
/// again with a longer one.
func untilLate(
  tooEarly: [String], _ run: (Duration) async throws -> ProbeResult
) async throws -> (outcome: ProbeResult, timeout: Duration) {
  for timeout in [Duration.milliseconds(200), .seconds(2)] {
    let outcome = try await run(timeout)
    if !tooEarly.contains(where: outcome.message.hasPrefix) { return (outcome, timeout) }
  }
  return (try await run(.seconds(20)), .seconds(20))
}
