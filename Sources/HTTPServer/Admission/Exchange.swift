// One request with the decision on its head.

import NIOCore
import NIOHTTP1

/// A request whose head has come.
struct Exchange {
  /// The action for the time when the request is whole.
  enum Plan {
    case run(Matched)
    case refuse(Refusal)
  }

  /// A route that the client may use, and the input of its handler.
  struct Matched {
    let route: Route
    let parameters: PathParameters
    let target: RequestTarget
  }

  let head: HTTPRequestHead
  let plan: Plan
  /// The pattern for the observer: `other` where no route matched.
  let pattern: String
  let started: NIODeadline

  /// The method for the observer.
  var methodLabel: String {
    switch head.method {
    case .GET, .HEAD, .POST, .PUT, .PATCH, .DELETE, .OPTIONS: head.method.rawValue
    default: "other"
    }
  }

  var isHead: Bool { head.method == .HEAD }

  /// The trace that the request belongs to, where it is recorded.
  var trace: String? {
    head.headers.first(name: "traceparent").flatMap(TraceParent.init)?.sampledTrace
  }

  /// Whether the connection may serve another request after this one.
  ///
  /// NIO's parser stops for good after a request that asks for an upgrade (`curl --http2` does) or a CONNECT, and would
  /// leave the following bytes unread.
  var keepAlive: Bool {
    head.isKeepAlive && head.method != .CONNECT && !head.headers.contains(name: "upgrade")
  }

  /// Whether the client waits for `100 Continue` before it sends its body.
  var expectsContinue: Bool {
    head.hasBody && head.version != .http1_0 && head.headers.contains(name: "expect")
  }
}

/// The refusal of a request or a connection.
struct Refusal {
  let fault: HTTPFault
  let reason: RejectReason?
  /// Whether the connection ends with it, whatever the client asked for.
  var closes = false
}
