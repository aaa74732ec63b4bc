// The faults of the server itself.

import NIOHTTP1

extension HTTPFault {
  static func malformed(_ message: String) -> HTTPFault {
    HTTPFault(status: 400, code: "bad_request", message: message)
  }

  static func notFound(_ path: String) -> HTTPFault {
    HTTPFault(status: 404, code: "not_found", message: "there is nothing at \(path)")
  }

  static func methodNotAllowed(_ method: String, allow: [String]) -> HTTPFault {
    let allow = allow.joined(separator: ", ")
    return HTTPFault(
      status: 405, code: "method_not_allowed", message: "\(method) is not possible here, but \(allow)", headers: ["Allow": allow])
  }

  static func bodyTooLarge(limit: Int) -> HTTPFault {
    HTTPFault(status: 413, code: "body_too_large", message: "the body may have \(limit) bytes at most")
  }

  static func targetTooLong(limit: Int) -> HTTPFault {
    HTTPFault(status: 414, code: "target_too_long", message: "the target may have \(limit) bytes at most")
  }

  static let notJSON = HTTPFault(
    status: 415, code: "not_json", message: "send JSON, with the header Content-Type: application/json")

  static let expectationFailed = HTTPFault(
    status: 417, code: "expectation_failed", message: "the only expectation that can be met is 100-continue")

  static func headersTooLarge(_ configuration: ServerConfiguration) -> HTTPFault {
    HTTPFault(
      status: 431, code: "headers_too_large",
      message: "at most \(configuration.maxHeaderFields) header fields of \(configuration.maxHeaderField) bytes each"
        + " and \(configuration.maxHeaders) together")
  }

  static func timeout(_ what: String) -> HTTPFault {
    HTTPFault(status: 408, code: "request_timeout", message: "the \(what) did not come in time")
  }

  static func crossSite(_ message: String) -> HTTPFault {
    HTTPFault(status: 403, code: "cross_site", message: message)
  }

  static let remoteNotAllowed = HTTPFault(
    status: 403, code: "remote_not_allowed", message: "this is answered only on a loopback address or a Unix socket")

  static func controlNeedsSocket(instead command: String?) -> HTTPFault {
    HTTPFault(status: 403, code: "control_needs_socket", message: Withheld.changes.sentence(instead: command))
  }

  static func outputNeedsControl(instead command: String?) -> HTTPFault {
    HTTPFault(status: 403, code: "output_needs_control", message: Withheld.output.sentence(instead: command))
  }

  static let tooManyConnections = HTTPFault(
    status: 503, code: "too_many_connections", message: "the server has as many connections as it may have", headers: ["Retry-After": "1"])

  static let tooManyConnectionsOfPeer = HTTPFault(
    status: 503, code: "too_many_connections", message: "this client has its share of the server's connections: the rest is for others",
    headers: ["Retry-After": "1"])

  static let tooManyStreamsOfPeer = HTTPFault(
    status: 503, code: "too_many_streams", message: "this client has its share of the server's streams: the rest is for others",
    headers: ["Retry-After": "5"])

  static let tooMuchWaits = HTTPFault(
    status: 503, code: "too_much_waits",
    message: "the answers that wait for slow readers have all the memory that they may have: ask again in a moment",
    headers: ["Retry-After": "2"])

  static let tooManyStreams = HTTPFault(
    status: 503, code: "too_many_streams", message: "the server has as many streams open as it may have", headers: ["Retry-After": "5"])

  static let invalidResponse = HTTPFault(
    status: 500, code: "internal_error", message: "the server made a response that cannot be sent")
}
