// `STOKER_SERVICE_ENDPOINT`: the variables by which a service finds its dependencies.

/// The names of variables that Stoker gives to processes.
package enum EndpointVariable {
  /// The variable for an endpoint of a service.
  package static func name(service: String, endpoint: String) -> String { legal("STOKER_\(service)_\(endpoint)") }

  /// An instance's own name, and that of its section (rule 89). No endpoint's variable has these names: each has a third part.
  package static let instance = "STOKER_INSTANCE"
  package static let section = "STOKER_SECTION"

  /// A legal variable's name: upper case, with `_` for all other characters.
  package static func legal(_ text: String) -> String {
    String(text.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
