// Targets of checks. Schedule and thresholds are in `CheckPolicy`.

import Addresses

/// The one check of a service.
package enum CheckTarget: Sendable, Equatable {
  /// An answer over HTTP.
  case http(HTTPCheck)
  /// A connection over TCP.
  case tcp(TCPCheck)
  /// A command that exits with 0.
  case exec(ExecCheck)
  /// A file that exists and is fresh.
  case file(FileCheck)
  /// The service's own heartbeat in the registry.
  case heartbeat
}

/// A request and the conditions for its answer.
package struct HTTPCheck: Sendable, Equatable {
  /// The server, and path and query of the request.
  package var url: HTTPTarget
  /// In capitals.
  package var method: String
  /// Status codes that pass.
  package var statuses: [ClosedRange<Int>]
  /// A POSIX extended regular expression that the body must match; it is a valid one.
  package var bodyPattern: String?
  /// Headers of the request, in the file's order.
  package var headers: [NamedValue]
  /// How many redirects are followed.
  package var followRedirects: Int

  /// A check with the defaults of the service file.
  package init(
    url: HTTPTarget, method: String = "GET", statuses: [ClosedRange<Int>] = [200...299], bodyPattern: String? = nil,
    headers: [NamedValue] = [], followRedirects: Int = 3
  ) {
    self.url = url
    self.method = method
    self.statuses = statuses
    self.bodyPattern = bodyPattern
    self.headers = headers
    self.followRedirects = followRedirects
  }
}

/// A connection, and perhaps bytes to send and bytes to expect.
package struct TCPCheck: Sendable, Equatable {
  /// The server.
  package var address: HostPort
  /// Sent after connecting.
  package var send: String?
  /// A part that the answer must contain.
  package var expect: String?

  /// A check of a connection.
  package init(address: HostPort, send: String? = nil, expect: String? = nil) {
    self.address = address
    self.send = send
    self.expect = expect
  }
}

/// A command whose exit code is the result.
package struct ExecCheck: Sendable, Equatable {
  /// The argv, never empty.
  package var command: [String]
  /// The working directory, absolute.
  package var directory: String
  /// Variables added to the service's own environment, in the file's order.
  package var environment: [NamedValue]

  /// A check by a command.
  package init(command: [String], directory: String, environment: [NamedValue] = []) {
    self.command = command
    self.directory = directory
    self.environment = environment
  }
}

/// A file whose existence or age shows health.
package struct FileCheck: Sendable, Equatable {
  /// The path, absolute.
  package var path: String
  /// The longest time since the last modification; nil: existence is enough.
  package var maxAge: Duration?

  /// A check of a file.
  package init(path: String, maxAge: Duration? = nil) {
    self.path = path
    self.maxAge = maxAge
  }
}
