// What a health check asks for: one case for each kind. How often, and how many failures count, is decided elsewhere.

/// One kind of health check with all that it needs to know. A `Prober` runs it.
package enum Probe: Sendable, Equatable {
  case http(HTTPProbe)
  case tcp(TCPProbe)
  case exec(ExecProbe)
  case file(FileProbe)
}
