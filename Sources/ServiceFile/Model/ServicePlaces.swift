// Where a service names things of its machine: accounts, folders, programs, hosts.

/// The places of some of a service's keys, its own or the defaults'.
package struct ServicePlaces: Sendable {
  /// A key, by its path.
  package enum Key: String, Sendable, CaseIterable {
    case user, group, directory, command
    case dependencies = "depends_on"
    case environmentFile = "environment_file"
    case preStart = "hooks.pre_start"
    case postStart = "hooks.post_start"
    case preStop = "hooks.pre_stop"
    case postStop = "hooks.post_stop"
    case stopCommand = "stop.command"
    case url = "health.http.url"
    case address = "health.tcp.address"
    case exec = "health.exec.command"
    case execDirectory = "health.exec.directory"
    case logPath = "log.path"
    case errorPath = "log.stderr_path"
  }

  /// Sixteen bytes, as a service has ten of them.
  private struct Place {
    var key: Key
    /// The element of a list; -1: the value itself.
    var element: Int16
    var line: Int32
    var column: Int32
    /// The number of the file: a service and its defaults may stand in two.
    var file: UInt16
  }

  private var places: [Place] = []

  /// The places of a service without keys.
  init() {}

  /// The places in a service.
  init(of service: Node) {
    for key in Key.allCases {
      guard let node = service.value(at: key.rawValue.split(separator: ".")) else { continue }
      note(key, -1, node.mark)
      guard case .sequence(let elements) = node.value, key != .dependencies else { continue }
      for (element, node) in elements.prefix(Int(Int16.max)).enumerated() { note(key, Int16(element), node.mark) }
    }
  }

  private mutating func note(_ key: Key, _ element: Int16, _ mark: Mark) {
    places.append(
      Place(
        key: key, element: element, line: Int32(clamping: mark.line), column: Int32(clamping: mark.column),
        file: UInt16(clamping: mark.file)))
  }

  /// The place of a value, or of an element of its list where it is one; nil if the file does not have the key.
  func mark(_ key: Key, element: Int? = nil) -> Mark? {
    let found = places.last { $0.key == key && ($0.element == -1 || $0.element == element.map(Int16.init(clamping:))) }
    return found.map { Mark(line: Int($0.line), column: Int($0.column), file: Int($0.file)) }
  }
}

extension Node {
  fileprivate func value(at path: [Substring]) -> Node? {
    var node: Node? = self
    for key in path { node = node?.entries?.first { $0.key == key[...] }?.value }
    return node
  }
}

extension ServiceFile {
  /// The name in messages of the file that has this place; the service file without one.
  func source(of mark: Mark?) -> String { mark.flatMap { $0.file < sources.count ? sources[$0.file].shown : nil } ?? source }

  /// A sentence about a key of a service, at its place.
  package func diagnostic(of service: String, at key: ServicePlaces.Key, element: Int? = nil, _ message: String) -> Diagnostic {
    let mark = places[service]?.mark(key, element: element)
    return Diagnostic(file: source(of: mark), line: mark?.line ?? 0, column: mark?.column ?? 0, message: message)
  }
}
