// Refusals, and their form in answers.

import NIOHTTP1

/// A request that is refused, answered as `{"success":false,"error":code,"message":message}`.
package struct HTTPFault: Error, Sendable, CustomStringConvertible {
  /// The status, 400 to 599.
  package var status: Int
  /// A word for programs: `not_found`, `method_not_allowed`, `body_too_large` …
  package var code: String
  /// A sentence for people with the fault and the remedy.
  package var message: String
  /// Further header fields, such as `Allow` or `Retry-After`.
  package var headers: HTTPHeaders

  /// Makes a fault from its parts.
  package init(status: Int, code: String, message: String, headers: HTTPHeaders = [:]) {
    self.status = status
    self.code = code
    self.message = message
    self.headers = headers
  }

  /// Status, code and message on one line.
  package var description: String { "\(status) \(code): \(message)" }

  /// The body of the answer, with a line feed at its end.
  var json: [UInt8] {
    var out = Array(#"{"success":false,"error":"#.utf8)
    JSONString.append(code, to: &out)
    out += #","message":"#.utf8
    JSONString.append(message, to: &out)
    out += "}\n".utf8
    return out
  }
}
