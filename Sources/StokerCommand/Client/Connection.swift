// Requests to a running Stoker, and the sentences for what can go wrong on the way.

import Stoker

/// The HTTP interface of one running Stoker.
struct Connection: Sendable {
  private let client: APIClient
  private let absence: String
  private let remedy: String?
  private let warning: FileWarning?
  /// The state directory of the Stoker behind a Unix socket in it.
  let directory: String?

  /// - Parameters:
  ///   - absence: The sentence for a Stoker that does not answer.
  ///   - remedy: The advice that follows it.
  ///   - warning: The warning that `getTold` reports.
  init(to address: String, absence: String, remedy: String? = nil, warning: FileWarning? = nil) throws {
    do {
      client = try APIClient(address: address)
    } catch {
      throw Failure(.usage, "\(error)")
    }
    self.absence = absence
    self.remedy = remedy
    self.warning = warning
    directory = address.hasPrefix("unix:") && address.hasSuffix("/stoker.sock") ? String(address.dropFirst(5).dropLast(12)) : nil
  }

  /// Whether there is something to be said about the service file already.
  var warnsOfFile: Bool { warning != nil }

  /// Whether a Stoker answers now.
  func answers() async -> Bool {
    (try? await client.request("GET", "/-/healthy", timeout: .seconds(1))) != nil
  }

  /// Reading never waits inside Stoker: an answer that takes longer will not come.
  private static let readingLimit = Duration.seconds(30)

  /// A change waits for services, within their own limits, and Stoker itself answers 504 after them: this limit is for a Stoker that hangs.
  private static let changingLimit = Duration.seconds(86_400)

  /// The bytes of an answer.
  func get(_ path: String) async throws -> [UInt8] {
    try await answer("GET", path, nil, within: Self.readingLimit)
  }

  /// An answer as JSON.
  func json(_ path: String) async throws -> JSON {
    try Self.parse(try await get(path))
  }

  /// The bytes of an answer with Stoker's own troubles. The warning of the service file is reported first, unless a trouble names its fault.
  func getTold(_ path: String) async throws -> [UInt8] {
    guard let warning else { return try await get(path) }
    do {
      let bytes = try await get(path)
      if !warning.isTold(by: try? JSON(parsing: bytes)) { warning.report() }
      return bytes
    } catch {
      warning.report()
      throw error
    }
  }

  /// Reads a streamed answer until it ends.
  func follow(_ path: String, take: @escaping @Sendable ([UInt8]) async -> Void) async throws {
    _ = try await started { () async throws(APIClientError) in try await client.follow(path, take: take) }
  }

  /// Requests a change.
  func post(_ path: String, _ body: JSON) async throws -> JSON {
    try Self.parse(try await answer("POST", path, body, within: Self.changingLimit))
  }

  /// The path of a service's part of the interface.
  static func path(_ head: String, _ name: String, _ tail: String = "") -> String {
    "/api/orchestration/\(head)/\(encoded(name))\(tail)"
  }

  /// The text for a path: every character that has a meaning there as `%XX`.
  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "."):
        // `.` and `..` alone would be resolved as folders.
        result += text.utf8.allSatisfy { $0 == byte } ? "%2E" : "."
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }

  private func answer(_ method: String, _ path: String, _ body: JSON?, within limit: Duration) async throws -> [UInt8] {
    try await started { () async throws(APIClientError) in
      try await client.request(method, path, body: body, timeout: limit)
    }.body
  }

  /// The longest that a command waits for a Stoker that is still taking over, and the pause between two requests.
  private static let startingLimit = Duration.seconds(30)
  private static let startingPause = Duration.milliseconds(250)

  /// The answer of a Stoker that has started: one that says that it is starting has done nothing with the request, and is asked again.
  private func started(_ ask: () async throws(APIClientError) -> APIClient.Answer) async throws -> APIClient.Answer {
    let deadline = SuspendingClock.now + Self.startingLimit
    while true {
      let answer: APIClient.Answer
      do {
        answer = try await ask()
      } catch {
        throw unavailable(error)
      }
      if (200..<300).contains(answer.status) { return answer }
      let refusal = Self.refusal(answer)
      guard answer.status == 503, refusal.answer?["error"]?.string == "starting", SuspendingClock.now < deadline else { throw refusal }
      try await Task.sleep(for: Self.startingPause, clock: SuspendingClock())
    }
  }

  private func unavailable(_ error: APIClientError) -> Failure {
    guard case .unreachable(_, let reason) = error else { return Failure(.unavailable, "\(error)") }
    return Failure(.unavailable, ["\(absence): \(reason)", remedy].compactMap(\.self).joined(separator: "; "))
  }

  /// The interface's own sentence, where it gives one.
  private static func refusal(_ answer: APIClient.Answer) -> Failure {
    let body = try? JSON(parsing: answer.body)
    let sentence = body?["message"]?.string.map(TerminalText.line)
    var failure = Failure(.failure, sentence ?? "the answer was HTTP status \(answer.status), without a reason")
    failure.answer = body
    return failure
  }

  static func parse(_ bytes: [UInt8]) throws(Failure) -> JSON {
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw Failure(.failure, "the server there is not a Stoker: its answer is \(error)")
    }
  }
}
