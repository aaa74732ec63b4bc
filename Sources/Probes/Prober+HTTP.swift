// The HTTP check.

import Addresses
import NIOCore
import NIOHTTP1

extension Prober {
  /// The most bytes of a body that are read, matched and kept (rule 7).
  static let bodyLimit = 64 << 10

  /// Sends the request, follows redirects within the origin, each over a fresh connection, and judges the last answer.
  func check(_ probe: HTTPProbe, until deadline: ProbeDeadline) async throws(ProbeFailure) -> Finding {
    if let problem = probe.problem { throw .badRequest(problem) }
    var method = HTTPMethod(rawValue: probe.method)
    var target = probe.url
    var redirects = 0
    while true {
      let reply = try await ask(target, method, for: probe, until: deadline)
      guard probe.follows(reply), let location = reply.location else { return probe.finding(on: reply) }
      guard redirects < probe.followRedirects else { throw .tooManyRedirects(probe.followRedirects) }
      redirects += 1
      switch target.following(location) {
      case .to(let next): target = next
      case .foreign(let origin): throw .foreignRedirect(origin)
      case .unusable: throw .unusableRedirect
      }
      // As browsers do: "see other" is fetched by GET, and so is the new place of a POST.
      if reply.status == 303 && method != .HEAD || (301...302).contains(reply.status) && method == .POST { method = .GET }
    }
  }

  private func ask(
    _ target: HTTPTarget, _ method: HTTPMethod, for probe: HTTPProbe, until deadline: ProbeDeadline
  ) async throws(ProbeFailure) -> HTTPReply {
    let head = HTTPRequestHead(version: .http1_1, method: method, uri: target.path, headers: probe.fields(for: target, method))
    return try await dialer.exchange(with: target.address, until: deadline) { promise in
      [
        HTTPRequestEncoder(),
        HTTPExchangeHandler(
          request: head, to: target.address, until: deadline, bodyLimit: Prober.bodyLimit, promise: promise,
          headSuffices: probe.follows),
      ]
    }
  }
}

extension HTTPProbe {
  fileprivate func accepts(_ status: Int) -> Bool {
    self.status.contains { $0.contains(status) }
  }

  /// Whether a redirect is followed: one whose status passes is the answer.
  fileprivate func follows(_ reply: HTTPReply) -> Bool {
    followRedirects > 0 && reply.isRedirect && !accepts(reply.status)
  }

  fileprivate func finding(on reply: HTTPReply) -> Finding {
    let details = reply.ending == .complete && JSONText.isObject(reply.body) ? reply.body : nil
    guard accepts(reply.status) else { return .failed(.status(reply.status, expected: status), details: details) }
    if case .broken(let failure) = reply.ending { return .failed(failure) }
    if let body, !body.matches(reply.body) { return .failed(.bodyMismatch(body), details: details) }
    return .passed("status \(reply.status)", details: details)
  }

  fileprivate func fields(for target: HTTPTarget, _ method: HTTPMethod) -> HTTPHeaders {
    var fields = HTTPHeaders()
    for header in headers { fields.add(name: header.name, value: header.value) }
    let ours = [("Host", target.host), ("User-Agent", "stoker/1"), ("Accept", "*/*")]
    for (name, value) in ours where !fields.contains(name: name) { fields.add(name: name, value: value) }
    fields.add(name: "Connection", value: "close")
    switch method {
    case .GET, .HEAD, .OPTIONS, .TRACE, .DELETE: break
    // Without this field the encoder would announce a chunked body.
    default: fields.add(name: "Content-Length", value: "0")
    }
    return fields
  }
}
