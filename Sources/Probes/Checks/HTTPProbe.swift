// The settings of an HTTP check.

import Addresses

/// An HTTP/1.1 request over a connection of its own, and what its answer must look like.
///
/// Passed is an answer whose status lies in `status` and whose body, if there is a pattern, matches it. Only the first
/// 64 KiB of a body are read and looked at.
package struct HTTPProbe: Sendable, Equatable {
  /// A header field that is sent along.
  package struct Header: Sendable, Equatable {
    /// A token, in any case.
    package var name: String
    /// Sent as it is; no control characters but tabs.
    package var value: String

    /// A field with this name and value.
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What is asked.
  package var url: HTTPTarget
  /// Sent as it is written: methods are case-sensitive. The request has no body.
  package var method: String
  /// The statuses that pass. A redirect whose status is among them is an answer and not followed.
  package var status: [ClosedRange<Int>]
  /// What the body must match, or nil for any.
  package var body: Pattern?
  /// Sent along; `Host`, `User-Agent` and `Accept` replace those that the check would send.
  package var headers: [Header]
  /// How many redirects are followed, to the same origin only; 0 = a redirect is an answer like any other.
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

  /// Why this request can never be sent (a method or header that HTTP does not allow), or nil.
  ///
  /// Meant for the reader of a service file. A check that has such a problem fails with it and opens no connection.
  package var problem: String? {
    guard HeaderField.isToken(method) else { return "'\(method)' is not an HTTP method" }
    for header in headers {
      guard HeaderField.isToken(header.name) else { return "'\(header.name)' is not a header name" }
      guard !HeaderField.isReserved(header.name) else { return "the header '\(header.name)' is set by the check itself" }
      // The value is not quoted: it may be a password.
      guard HeaderField.isValue(header.value) else {
        return "the value of the header '\(header.name)' contains control characters"
      }
    }
    return nil
  }
}
