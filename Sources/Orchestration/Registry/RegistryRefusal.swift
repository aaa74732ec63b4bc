// Refusals of the registry.

/// The reason why the registry refused a call; nothing has changed.
package enum RegistryRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name is a service of the file: it cannot be taken over or deregistered (409).
  case configuredService
  /// There are 10,000 self-registered entries already (rule 30).
  case tooMany
  /// The payload is longer than 16 KiB (rule 30).
  case tooLarge
  /// All entries together would be larger than this many bytes (rule 75).
  case full(Int)
  /// There is no such entry; it has to register first (404).
  case unknown

  /// One line of text.
  package var description: String {
    switch self {
    case .configuredService: "this name belongs to a service of the service file"
    case .tooMany: "the registry is full: 10,000 entries have registered themselves"
    case .tooLarge: "a registration may have 16 KiB at most"
    case .full(let limit): "the registry is full: all entries together may have \(limit) bytes, and this one does not fit any more"
    case .unknown: "there is no entry of this name: register it first"
    }
  }
}
