// A response as it came over the wire.

struct Reply {
  let status: Int
  let head: String
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }

  subscript(_ name: String) -> String? {
    headers.first { $0.name == name.lowercased() }?.value
  }

  /// The first response in `bytes` and how many bytes it has; nil if it is not whole.
  static func parse(_ bytes: [UInt8], toHead: Bool) -> (Reply, Int)? {
    let mark = Array("\r\n\r\n".utf8)
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return nil }
    let head = String(decoding: bytes[..<end], as: UTF8.self)
    let lines = head.split(separator: "\r\n")
    let headers = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (name: line[..<colon].lowercased(), value: String(line[colon...].dropFirst().drop { $0 == " " }))
    }
    let status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
    let length = toHead ? 0 : Int(headers.first { $0.name == "content-length" }?.value ?? "0") ?? 0
    let start = end + mark.count
    guard bytes.count >= start + length else { return nil }
    return (Reply(status: status, head: head, headers: headers, body: Array(bytes[start..<start + length])), start + length)
  }
}

/// A chunked body, or the beginning of one.
struct ChunkedBody: Equatable {
  var chunks: [[UInt8]] = []
  /// Whether the last, empty chunk is there.
  var isWhole = false

  var bytes: [UInt8] { Array(chunks.joined()) }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// All whole chunks in `bytes` and what follows them.
  static func parse(_ bytes: [UInt8]) -> (body: ChunkedBody, rest: [UInt8]) {
    var body = ChunkedBody()
    var position = 0
    while !body.isWhole, let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")), end > position {
      let size = Int(String(decoding: bytes[position..<end - 1], as: UTF8.self), radix: 16) ?? -1
      precondition(size >= 0, "no size of a chunk: \(bytes[position..<end])")
      guard bytes.count >= end + 1 + size + 2 else { break }
      if size == 0 { body.isWhole = true } else { body.chunks.append(Array(bytes[end + 1..<end + 1 + size])) }
      precondition(bytes[(end + 1 + size)...].starts(with: "\r\n".utf8), "a chunk longer than its size")
      position = end + 1 + size + 2
    }
    return (body, Array(bytes[position...]))
  }
}
