// Requests to a running Stoker, and the sentences for what can go wrong on the way.

import Stoker

/// The HTTP interface of one running Stoker.
struct Connection: Sendable {
  private let client: APIClient
  private let absence: String
  private let remedy: String?

  /// - Parameters:
  ///   - absence: What to say where nobody answers.
  ///   - remedy: What to do about it.
  init(to address: String, absence: String, remedy: String? = nil) throws {
    do {
      client = try APIClient(address: address)
    } catch {
      throw Failure(.usage, "\(error)")
    }
    self.absence = absence
    self.remedy = remedy
  }

  /// Reading waits for nobody in Stoker, so an answer that is not there by then will not come.
  private static let readingLimit = Duration.seconds(30)

  /// Changing waits for services, as long as their own limits say, and Stoker answers 504 by itself; this is for one that is stuck.
  private static let changingLimit = Duration.seconds(86_400)

  /// The answer's bytes as they are.
  func get(_ path: String) async throws -> [UInt8] {
    try await answer("GET", path, nil, within: Self.readingLimit)
  }

  /// The answer as JSON.
  func json(_ path: String) async throws -> JSON {
    try Self.parse(try await get(path))
  }

  /// Reads an answer that goes on, until it ends.
  func follow(_ path: String, take: @escaping @Sendable ([UInt8]) async -> Void) async throws {
    let answer: APIClient.Answer
    do {
      answer = try await client.follow(path, take: take)
    } catch {
      throw unavailable(error)
    }
    guard (200..<300).contains(answer.status) else { throw Self.refusal(answer) }
  }

  /// Asks for a change.
  func post(_ path: String, _ body: JSON) async throws -> JSON {
    try Self.parse(try await answer("POST", path, body, within: Self.changingLimit))
  }

  /// The path of something of one service.
  static func path(_ head: String, _ name: String, _ tail: String = "") -> String {
    "/api/orchestration/\(head)/\(encoded(name))\(tail)"
  }

  /// Whatever is not plain in a path as `%XX`.
  static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "."):
        // A name of dots alone would be taken for a folder's.
        result += text.utf8.allSatisfy { $0 == byte } ? "%2E" : "."
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }

  private func answer(_ method: String, _ path: String, _ body: JSON?, within limit: Duration) async throws -> [UInt8] {
    let answer: APIClient.Answer
    do {
      answer = try await client.request(method, path, body: body, timeout: limit)
    } catch {
      throw unavailable(error)
    }
    guard (200..<300).contains(answer.status) else { throw Self.refusal(answer) }
    return answer.body
  }

  private func unavailable(_ error: APIClientError) -> Failure {
    guard case .unreachable(_, let reason) = error else { return Failure(.unavailable, "\(error)") }
    return Failure(.unavailable, ["\(absence): \(reason)", remedy].compactMap(\.self).joined(separator: "; "))
  }

  /// The API's own sentence, where it gives one.
  private static func refusal(_ answer: APIClient.Answer) -> Failure {
    let said = try? JSON(parsing: answer.body)
    let sentence = said?["message"]?.string.map(Table.printable)
    var failure = Failure(.failure, sentence ?? "the answer was HTTP status \(answer.status), without a reason")
    failure.answer = said
    return failure
  }

  private static func parse(_ bytes: [UInt8]) throws(Failure) -> JSON {
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw Failure(.failure, "what answers there is not a Stoker: its answer is \(error)")
    }
  }
}
