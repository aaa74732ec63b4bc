// The settings of an HTTP check.

import Addresses

/// An HTTP/1.1 request over a connection of its own, and the conditions for its answer.
///
/// An answer passes if its status lies in `status` and its body, if there is a pattern, matches it. Only the first
/// 64 KiB of a body are read.
package struct HTTPProbe: Sendable, Equatable {
  /// A header field of the request.
  package struct Header: Sendable, Equatable {
    /// The name, a token in any case.
    package var name: String
    /// The value, sent as it is; no control characters but tabs.
    package var value: String

    /// A field with this name and value.
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The server, and path and query of the request.
  package var url: HTTPTarget
  /// The method, sent as it is written: methods are case-sensitive. The request has no body.
  package var method: String
  /// The statuses that pass. A redirect with one of them is an answer and not followed.
  package var status: [ClosedRange<Int>]
  /// The pattern for the body; nil = any body passes.
  package var body: Pattern?
  /// Further fields; `Host`, `User-Agent` and `Accept` replace those that the check would send.
  package var headers: [Header]
  /// The number of redirects that are followed, to the same origin only; 0 = a redirect is an answer like any other.
  package var followRedirects: Int

  /// A check with the defaults of a service file.
  package init(
    url: HTTPTarget, method: String = "GET", status: [ClosedRange<Int>] = [200...299], body: Pattern? = nil,
    headers: [Header] = [], followRedirects: Int = 3
  ) {
    self.url = url
    self.method = method
    self.status = status
    self.body = body
    self.headers = headers
    self.followRedirects = followRedirects
  }

  /// The reason why this request can never be sent (a method or header that HTTP does not allow), or nil.
  ///
  /// A check that has such a problem fails with it and opens no connection.
  package var problem: String? {
    guard HeaderField.isToken(method) else { return "'\(method)' is not an HTTP method" }
    for header in headers {
      guard HeaderField.isToken(header.name) else { return "'\(header.name)' is not a header name" }
      guard !HeaderField.isReserved(header.name) else { return "the header '\(header.name)' is set by the check itself" }
      // The message does not quote the value, which may be a password.
      guard HeaderField.isValue(header.value) else {
        return "the value of the header '\(header.name)' contains control characters"
      }
    }
    return nil
  }
}
