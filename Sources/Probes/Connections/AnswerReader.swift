// Answers of HTTP/1 to checks, read as leniently as the standard lets a client be: no I/O, no clock.
//
// An answer that a browser or curl would take says that its server works, however its head is written. So line ends without a carriage return
// are taken, also in a chunked body (RFC 9112, 2.2), empty lines and interim answers before the answer, folded fields (5.2), blanks before a
// colon (5.1), a status without a reason (4), and a length beside `Transfer-Encoding`, which wins (6.3). Nothing is taken whose end would be
// a guess: a length that is no number, two lengths, a chunk without its size or its end.

import Addresses

/// The reader of one answer. It holds the head's present line, and of the body no more than the limit.
struct AnswerReader {
  private enum Place {
    case status
    case fields
    case body(left: Int)
    case bodyUntilEnd
    case chunkSize
    case chunk(left: Int)
    case chunkEnd
    case trailers
  }

  /// The fields that matter.
  private struct Fields {
    var location: String?
    var lengths: [String] = []
    var codings: [String] = []
  }

  private static let maxLine = 16 << 10
  private static let maxHead = 64 << 10
  private static let maxFields = 100
  private static let version = Array("HTTP/".utf8)

  /// The answer as far as it has been read; nil before the end of its head.
  private(set) var reply: HTTPReply?
  private let bodyLimit: Int
  /// Whether the request's method leaves the answer without a body.
  private let isBodyless: Bool
  private var place = Place.status
  private var line: [UInt8] = []
  /// The field before the present line, which may go on there.
  private var field: [UInt8]?
  private var status = 0
  private var fields = Fields()
  private var headSize = 0
  private var fieldCount = 0

  init(bodyLimit: Int, isBodyless: Bool) {
    self.bodyLimit = bodyLimit
    self.isBodyless = isBodyless
  }

  // MARK: Inputs

  /// Input: bytes of the server. Returns how the answer ended, once it has.
  mutating func read(_ bytes: some Collection<UInt8>) -> HTTPReply.Ending? {
    do throws(ProbeFailure) {
      return try take(bytes)
    } catch {
      return .broken(error)
    }
  }

  /// Input: the end of the connection.
  func ended() -> HTTPReply.Ending {
    switch place {
    // All of the body is there.
    case .bodyUntilEnd, .trailers: .complete
    case .status, .fields, .body, .chunkSize, .chunk, .chunkEnd: .broken(reply == nil ? .closedBeforeAnswer : .closedInAnswer)
    }
  }

  private mutating func take(_ bytes: some Collection<UInt8>) throws(ProbeFailure) -> HTTPReply.Ending? {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch place {
      case .status, .fields, .chunkSize, .chunkEnd, .trailers:
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
        line += rest[..<(end ?? rest.endIndex)]
        rest = end.map { rest[rest.index(after: $0)...] } ?? rest[rest.endIndex...]
        try checkLine()
        guard end != nil else { continue }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let isOver = try endLine()
        line.removeAll(keepingCapacity: true)
        if isOver { return .complete }
      case .bodyUntilEnd:
        guard append(rest) else { return .cut }
        rest = rest[rest.endIndex...]
      case .body(let left):
        let part = rest.prefix(left)
        guard append(part) else { return .cut }
        if part.count == left { return .complete }
        place = .body(left: left - part.count)
        rest = rest[part.endIndex...]
      case .chunk(let left):
        let part = rest.prefix(left)
        guard append(part) else { return .cut }
        place = part.count == left ? .chunkEnd : .chunk(left: left - part.count)
        rest = rest[part.endIndex...]
      }
    }
    return nil
  }

  /// Keeps a part of the body; false where it is longer than the limit.
  private mutating func append(_ part: some Collection<UInt8>) -> Bool {
    let room = bodyLimit - (reply?.body.count ?? 0)
    reply?.body += part.prefix(room)
    return part.count <= room
  }

  // MARK: Lines

  /// Checks a line that may not be whole yet: what is no HTTP may never end.
  private func checkLine() throws(ProbeFailure) {
    let beginning = line.prefix(Self.version.count)
    if case .status = place, beginning.first != UInt8(ascii: "\r"), !Self.version.starts(with: beginning) { throw .notHTTP }
    if line.count > Self.maxLine || headSize + line.count > Self.maxHead { throw reply == nil ? .headTooLarge : .notHTTP }
  }

  /// Reads a whole line. Returns whether it was the last of the answer.
  private mutating func endLine() throws(ProbeFailure) -> Bool {
    switch place {
    case .status:
      if line.isEmpty { return false }
      status = try readStatus()
      (fields, field, headSize, fieldCount) = (Fields(), nil, 0, 0)
      place = .fields
    case .fields:
      if line.isEmpty { return try endHead() }
      try count()
      if let first = line.first, Self.isBlank(first) {
        // Before the first field there is nothing to go on with: such lines are dropped (RFC 9112, 2.2).
        field? += line
      } else {
        try endField()
        field = line
      }
    case .trailers:
      if line.isEmpty { return true }
      try count()
    case .chunkSize:
      let size = try readChunkSize()
      (headSize, fieldCount) = (0, 0)
      place = size == 0 ? .trailers : .chunk(left: size)
    case .chunkEnd:
      guard line.isEmpty else { throw .notHTTP }
      place = .chunkSize
    case .body, .bodyUntilEnd, .chunk: break
    }
    return false
  }

  private mutating func count() throws(ProbeFailure) {
    headSize += line.count
    fieldCount += 1
    if fieldCount > Self.maxFields { throw reply == nil ? .headTooLarge : .notHTTP }
  }

  private func readStatus() throws(ProbeFailure) -> Int {
    let words = line.split(maxSplits: 2, whereSeparator: Self.isBlank).map { String(decoding: $0, as: UTF8.self) }
    guard words.count >= 2, let code = Self.number(words[1]), words[1].utf8.count == 3, code >= 100, Self.isVersion(words[0]) else {
      throw .notHTTP
    }
    return code
  }

  /// Whether it is `HTTP/` with one digit on each side of a point.
  private static func isVersion(_ word: String) -> Bool {
    let numbers = word.dropFirst(version.count).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return word.utf8.starts(with: version) && numbers.count == 2 && numbers.allSatisfy { $0.utf8.count == 1 && number($0) != nil }
  }

  private mutating func endField() throws(ProbeFailure) {
    guard let field else { return }
    guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { throw .notHTTP }
    let name = Self.text(field[..<colon])
    guard HeaderField.isToken(name), field[colon...].allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == UInt8(ascii: "\t") }) else {
      throw .notHTTP
    }
    let value = Self.text(field[(colon + 1)...])
    switch name.lowercased() {
    case "location": fields.location = fields.location ?? value
    case "content-length": fields.lengths += Self.list(value)
    case "transfer-encoding": fields.codings += Self.list(value.lowercased()).filter { $0 != "identity" }
    default: break
    }
  }

  private mutating func endHead() throws(ProbeFailure) -> Bool {
    try endField()
    headSize = 0
    if (100...199).contains(status), status != 101 {
      place = .status
      return false
    }
    let length = try bodyLength()
    reply = HTTPReply(status: status, location: fields.location)
    place = length.map { .body(left: $0) } ?? (fields.codings.last == "chunked" ? .chunkSize : .bodyUntilEnd)
    return length == 0
  }

  /// The length of the body; nil where it is told by chunks or by the end of the connection.
  private func bodyLength() throws(ProbeFailure) -> Int? {
    if isBodyless || [101, 204, 304].contains(status) { return 0 }
    guard fields.codings.isEmpty, let first = fields.lengths.first else { return nil }
    guard let length = Self.number(first), fields.lengths.allSatisfy({ $0 == first }) else { throw .notHTTP }
    return length
  }

  private func readChunkSize() throws(ProbeFailure) -> Int {
    let digits = Self.text(line.prefix { $0 != UInt8(ascii: ";") })
    guard digits.utf8.first != UInt8(ascii: "-"), digits.utf8.first != UInt8(ascii: "+"), let size = Int(digits, radix: 16) else {
      throw .notHTTP
    }
    return size
  }

  // MARK: Texts

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// A text without the blanks around it.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    let start = bytes.drop(while: isBlank)
    return String(decoding: start[..<((start.lastIndex { !isBlank($0) }).map { $0 + 1 } ?? start.startIndex)], as: UTF8.self)
  }

  private static func list(_ value: String) -> [String] {
    value.utf8.split(separator: UInt8(ascii: ",")).map { text(ArraySlice($0)) }
  }

  /// A number of digits alone; nil where it is none, or too large.
  private static func number(_ text: String) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }
}
