// Rendering of responses: checked, compressed where the client accepts it, framed.

import NIOHTTP1

/// A response ready to be sent except for its `Connection` field.
struct RenderedResponse: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: Body

  enum Body {
    /// A whole body, its length in the headers; no parts where only the head is sent.
    case parts([[UInt8]])
    case stream(ResponseStream)
    /// Only the head of a stream.
    case headOfStream
  }
}

/// Renders responses; it runs on the task of the request, never on the event loop, since compressing a large body takes milliseconds.
struct ResponseRenderer: Sendable {
  let level: Int
  let threshold: Int

  func render(_ response: Response, gzip: Bool, bodyless: Bool) -> RenderedResponse {
    guard (200...599).contains(response.status), Self.isSendable(response.headers) else {
      return render(.fault(.invalidResponse), gzip: false, bodyless: bodyless)
    }
    var headers = response.headers
    for name in ["connection", "content-length", "transfer-encoding"] { headers.remove(name: name) }
    // These two never have a body, and a length would announce one.
    let isBodyless = response.status == 204 || response.status == 304
    if !isBodyless, let stream = response.stream {
      return RenderedResponse(
        status: HTTPResponseStatus(statusCode: response.status), headers: headers, body: bodyless ? .headOfStream : .stream(stream))
    }
    var parts = response.parts
    var size = parts.reduce(0) { $0 + $1.count }
    if size > threshold, !Self.hasChosenCoding(headers) {
      // With a 304 too: it has the fields that the 200 would have (RFC 9110, 15.4.5).
      headers.add(name: "Vary", value: "Accept-Encoding")
      if gzip, !isBodyless {
        let compressed = Gzip.compress(parts.count == 1 ? parts[0] : Array(parts.joined()), level: level)
        if compressed.count < size {
          // Copied, since zlib's bound for its output is as large as the input.
          parts = [Array(compressed[...])]
          size = compressed.count
          headers.add(name: "Content-Encoding", value: "gzip")
        }
      }
    }
    if isBodyless { return RenderedResponse(status: HTTPResponseStatus(statusCode: response.status), headers: headers, body: .parts([])) }
    headers.add(name: "Content-Length", value: String(size))
    return RenderedResponse(
      status: HTTPResponseStatus(statusCode: response.status), headers: headers,
      body: .parts(bodyless ? [] : parts))
  }

  /// Whether the handler has chosen the coding: its body is encoded, or its `Vary` shows that it has read `Accept-Encoding` itself.
  private static func hasChosenCoding(_ headers: HTTPHeaders) -> Bool {
    headers.contains(name: "content-encoding") || headers[canonicalForm: "vary"].contains { $0.lowercased() == "accept-encoding" }
  }

  /// Whether no field contains a line break, with which a chosen value could forge a whole response.
  private static func isSendable(_ headers: HTTPHeaders) -> Bool {
    headers.allSatisfy { name, value in
      !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
        && value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7f) || $0 == UInt8(ascii: "\t") }
    }
  }
}
