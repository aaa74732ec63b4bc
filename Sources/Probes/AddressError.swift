// What can be wrong with HOST:PORT.

/// Why an address cannot be used.
package enum AddressError: Error, Equatable, CustomStringConvertible {
  case noHost
  case noPort
  case badHost(String)
  case badPort(String)

  /// What to change, for a message about a service file.
  package var description: String {
    switch self {
    case .noHost: "the host is missing: write HOST:PORT"
    case .noPort: "the port is missing: write HOST:PORT"
    case .badHost(let host): "'\(host)' is neither a host name nor an address (an IPv6 address stands in brackets)"
    case .badPort(let port): "'\(port)' is not a port: 1 to 65535"
    }
  }
}
