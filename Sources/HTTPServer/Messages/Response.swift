// Responses of handlers.

import NIOHTTP1

/// A response, whole or streamed (see `stream`). The server adds `Content-Length`, `Connection`, and compression where the request
/// accepts it.
package struct Response: Sendable {
  /// The status, 200 to 599; any other is answered as 500.
  package var status: Int
  /// Header fields. A `Content-Encoding` here keeps the server from compressing, and so does a `Vary` that names `Accept-Encoding`: the
  /// handler has chosen then. Framing fields are the server's and are replaced.
  package var headers: HTTPHeaders
  /// The body, in parts that are sent one after the other; for `HEAD` it is measured and not sent.
  package var parts: [[UInt8]]
  /// The producer of a streamed body; there are no parts then.
  var stream: ResponseStream?

  /// A response with a body in one part.
  package init(status: Int = 200, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.init(status: status, headers: headers, parts: [body])
  }

  /// A response whose body is kept in parts, so that they need not be joined.
  package init(status: Int = 200, headers: HTTPHeaders = [:], parts: [[UInt8]]) {
    self.status = status
    self.headers = headers
    self.parts = parts
  }

  /// A response with a content type.
  package static func bytes(_ bytes: [UInt8], contentType: String, status: Int = 200) -> Response {
    Response(status: status, headers: ["Content-Type": contentType], body: bytes)
  }

  /// Plain text in UTF-8.
  package static func text(_ text: String, status: Int = 200) -> Response {
    .bytes(Array(text.utf8), contentType: "text/plain; charset=utf-8", status: status)
  }

  /// Encoded JSON.
  package static func json(_ bytes: [UInt8], status: Int = 200) -> Response {
    .bytes(bytes, contentType: "application/json; charset=utf-8", status: status)
  }

  /// HTML in UTF-8.
  package static func html(_ text: String, status: Int = 200) -> Response {
    .bytes(Array(text.utf8), contentType: "text/html; charset=utf-8", status: status)
  }

  /// A fault in the one shape that all faults have.
  package static func fault(_ fault: HTTPFault) -> Response {
    var response = Response.json(fault.json, status: fault.status)
    response.headers.add(contentsOf: fault.headers)
    return response
  }

  /// The same response with one header field set.
  package func setting(_ name: String, to value: String) -> Response {
    var response = self
    response.headers.replaceOrAdd(name: name, value: value)
    return response
  }
}
