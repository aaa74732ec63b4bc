// The client of a running Stoker: one connection for each request.

import Addresses
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix

/// A client of the HTTP interface, over its Unix socket or over TCP.
package struct APIClient: Sendable {
  /// The beginning of the command line's User-Agent, by which the server tells it from other clients (rule 27).
  static let userAgentPrefix = "stoker/"

  /// The longest answer that is kept, in bytes: that of ten thousand services is a quarter of it.
  private static let mostBytes = 64 << 20

  private let target: ConnectAddress
  private let address: String

  /// An answer.
  package struct Answer: Sendable {
    /// The HTTP status.
    package var status: Int
    /// The body.
    package var body: [UInt8]
  }

  /// A client for `unix:/path/stoker.sock` or `http://HOST:PORT`.
  /// - Throws: `APIClientError.badAddress`.
  package init(address: String) throws(APIClientError) {
    do throws(AddressFault) {
      target = try Self.target(address)
    } catch {
      throw .badAddress(address)
    }
    self.address = address
  }

  private static func target(_ address: String) throws(AddressFault) -> ConnectAddress {
    if address.hasPrefix("unix:") {
      let path = String(address.dropFirst("unix:".count))
      try UnixSocketPath.check(path)
      return .unix(path: path)
    }
    guard address.hasPrefix("http://") else { throw .unknownScheme }
    let authority = address.dropFirst("http://".count)
    return .tcp(try HostPort(parsing: authority.hasSuffix("/") ? authority.dropLast() : authority))
  }

  /// Sends one request and reads the whole answer.
  /// - Throws: `APIClientError` with one sentence: no server listens, no answer came within `timeout`, or it was too long.
  package func request(
    _ method: String, _ path: String, body: JSON? = nil, timeout: Duration = .seconds(30)
  ) async throws(APIClientError) -> Answer {
    do {
      return try await withThrowingTaskGroup(of: Answer?.self) { group in
        group.addTask { try await exchange(method, path, body) }
        group.addTask {
          try await Task.sleep(for: timeout, clock: SuspendingClock())
          return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let answer = first else { throw APIClientError.timeout(address, timeout) }
        return answer
      }
    } catch let error as APIClientError {
      throw error
    } catch {
      throw .unreachable(address, Self.reason(error))
    }
  }

  /// Reads a streamed answer chunk by chunk, until it ends. The next chunk is read when `take` has returned.
  /// - Returns: The answer without the chunks that `take` got; with the body where its status is not 2xx.
  /// - Throws: `APIClientError`: no server listens, or the connection broke off.
  package func follow(_ path: String, take: @escaping @Sendable ([UInt8]) async -> Void) async throws(APIClientError) -> Answer {
    do {
      return try await exchange("GET", path, nil, take: take)
    } catch let error as APIClientError {
      throw error
    } catch {
      throw .unreachable(address, Self.reason(error))
    }
  }

  /// The system's own words for an error, without the library's wrapping.
  private static func reason(_ error: any Error) -> String {
    switch error {
    case let error as IOError: "\(SystemError(errno: error.errnoCode))"
    case let error as NIOConnectionError: error.connectionErrors.first.map { reason($0.error) } ?? "no address for '\(error.host)'"
    default: "\(error)"
    }
  }

  private func exchange(
    _ method: String, _ path: String, _ body: JSON?, take: (@Sendable ([UInt8]) async -> Void)? = nil
  ) async throws -> Answer {
    let channel = try await connect()
    return try await channel.executeThenClose { inbound, outbound in
      let payload = body?.render() ?? []
      var headers: HTTPHeaders = [
        "Host": "localhost", "User-Agent": "\(Self.userAgentPrefix)\(Build.version)", "Connection": "close", "Accept": "*/*",
      ]
      if body != nil { headers.add(name: "Content-Type", value: "application/json") }
      if method != "GET" { headers.add(name: "Content-Length", value: String(payload.count)) }
      let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: headers)
      // One write: once the whole body has arrived, the answer may come and the connection be closed before a second write.
      let body: [HTTPClientRequestPart] = payload.isEmpty ? [] : [.body(.byteBuffer(ByteBuffer(bytes: payload)))]
      try await outbound.write(contentsOf: [.head(head)] + body + [.end(nil)])
      var answer: Answer?
      for try await part in inbound {
        switch part {
        case .head(let head): answer = Answer(status: Int(head.status.code), body: [])
        case .body(let bytes):
          if let take, let status = answer?.status, (200..<300).contains(status) {
            await take(Array(bytes.readableBytesView))
          } else {
            guard (answer?.body.count ?? 0) + bytes.readableBytes <= Self.mostBytes else { throw APIClientError.tooLong(address) }
            answer?.body.append(contentsOf: bytes.readableBytesView)
          }
        case .end: if let answer { return answer }
        }
      }
      throw APIClientError.unreachable(address, "the connection was closed before the answer was there")
    }
  }

  private func connect() async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    let prepare: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>> = { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
      }
    }
    switch target {
    case .unix(let path): return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: prepare)
    case .tcp(let server): return try await bootstrap.connect(host: server.host, port: server.port, channelInitializer: prepare)
    }
  }
}

/// The reason why there is no answer.
package enum APIClientError: Error, CustomStringConvertible {
  /// The address is neither a socket's nor an HTTP one.
  case badAddress(String)
  /// No server answers there; the reason is the system's.
  case unreachable(String, String)
  /// The answer did not come in time.
  case timeout(String, Duration)
  /// The answer is longer than any of Stoker's.
  case tooLong(String)

  /// One sentence for people.
  package var description: String {
    switch self {
    case .badAddress(let address): "'\(address)' is not an address: write http://HOST:PORT or unix:/path/stoker.sock"
    case .unreachable(let address, let reason): "no Stoker answers at \(address): \(reason)"
    case .timeout(let address, let timeout): "no answer from \(address) within \(Int(timeout.components.seconds)) s"
    case .tooLong(let address): "\(address) answers without end: that is no Stoker"
    }
  }
}
