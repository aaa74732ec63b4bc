// Routes: a method, a pattern of paths, the clients that may use it, and the function that answers.

/// One route of a server.
package struct Route: Sendable {
  /// Answers a request. Its task is cancelled when the client goes away; a response after that is sent if the client still reads.
  package typealias Handler = @Sendable (Request, PathParameters) async -> Response

  /// The method: `GET` (which answers `HEAD` too), `POST`, `DELETE` …
  package let method: String
  /// The pattern: `/metrics`, or with parameters, each a whole segment: `/service/{name}/logs`.
  package let pattern: String
  /// The clients that may use it.
  package let access: Access
  /// The command line that does the same over the Unix socket, for the refusal of a client that may not; `{name}` stands for that part of
  /// the path.
  package let command: String?
  /// The options of that command line by parameters of the query, such as `dry_run`.
  package let options: [String: String]
  /// The most bytes of a body; more is answered 413.
  package let bodyLimit: Int
  /// Answers a request.
  package let handler: Handler

  /// Makes a route. The pattern starts with a slash. A pattern without parameters goes before one with them.
  package init(
    _ method: String, _ pattern: String, access: Access = .read, command: String? = nil, options: [String: String] = [:],
    bodyLimit: Int = 1 << 20, handler: @escaping @Sendable (Request, PathParameters) async -> Response
  ) {
    precondition(pattern.hasPrefix("/"), "a route's pattern starts with a slash: \(pattern)")
    self.method = method
    self.pattern = pattern
    self.access = access
    self.command = command
    self.options = options
    self.bodyLimit = bodyLimit
    self.handler = handler
  }
}

/// The clients that may use a route.
package enum Access: Hashable, Sendable {
  /// Every client of any listener: metrics, liveness.
  case everywhere
  /// Clients on this machine, on a local listener (see ``ListenAddress/isLocal``).
  case read
  /// As ``read``, limited further by ``ServerConfiguration/control``: the output of services.
  case output
  /// As ``output``: changes. Requests of other web sites' pages are refused.
  case control
}
