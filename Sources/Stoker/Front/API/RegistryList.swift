// The list of all entries of the registry, which can be long.

import HTTPServer
import Orchestration

/// `GET /registry`: in one piece while it is small. A long one is written while it is read, entry after entry, each as it is then, so that
/// a reader costs one chunk, however slow it is and however large the registry.
struct RegistryList: Sendable {
  /// The routes that describe entries.
  let routes: RegistryRoutes

  /// The most bytes of texts of entries for an answer in one piece.
  private static let largestPiece = 256 << 10
  /// The least size of a chunk that is not the last one.
  private static let chunkSize = 32 << 10

  func answer() -> Response {
    let size = routes.supervisor.read().snapshot.registry.values.reduce(0) {
      $0 + 256 + $1.payload.utf8.count + ($1.details ?? "").utf8.count
    }
    guard size > Self.largestPiece else {
      var bytes = Self.beginning
      var place = Place.entries(Members())
      while append(from: &place, to: &bytes) {}
      return .json(bytes)
    }
    return .stream(contentType: "application/json; charset=utf-8") { writer in
      var bytes = Self.beginning
      var place = Place.entries(Members())
      while append(from: &place, to: &bytes) {
        try await writer.write(bytes)
        bytes = []
      }
    }
  }

  private static let beginning = Array(#"{"success":true,"services":{"#.utf8)

  /// How far a reader has come. It keeps no entries between two chunks: those of different moments would be as many copies of the registry.
  private enum Place {
    case entries(Members<Void>)
    case types(Members<Int>)
    case end
  }

  /// The members of an object, in the order of their names, of which a reader has looked for some.
  private struct Members<Value> {
    /// Those that are not yet written. Sorting all of them for each chunk would take the square of their number; keeping all would keep
    /// the names of a registry that is long gone.
    private var waiting: ArraySlice<(name: String, value: Value)> = []
    private var last: String?
    private var isFirst = true

    private static var atOnce: Int { 1024 }

    mutating func next(of all: () -> some Sequence<(name: String, value: Value)>) -> (name: String, value: Value)? {
      if waiting.isEmpty {
        let rest = all().filter { [last] member in last.map { member.name > $0 } ?? true }.sorted { $0.name < $1.name }
        // A copy, since a slice keeps all of its array.
        waiting = Array(rest.prefix(Self.atOnce))[...]
      }
      last = waiting.first?.name ?? last
      return waiting.popFirst()
    }

    /// Appends a member of an object without the object's braces.
    mutating func append(_ name: String, _ value: JSON, to bytes: inout [UInt8]) {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      bytes += JSON.object([JSON.Member(name, value)]).bare
    }
  }

  /// Appends what follows the place in the present registry until there is a chunk. Returns false when there is no more.
  private func append(from place: inout Place, to bytes: inout [UInt8]) -> Bool {
    let published = routes.supervisor.read()
    let registry = published.snapshot.registry
    let full = bytes.count + Self.chunkSize
    while bytes.count < full {
      switch place {
      case .entries(var members):
        if let (name, _) = members.next(of: { registry.keys.lazy.map { ($0, ()) } }) {
          if let entry = registry[name] { members.append(name, routes.json(entry, named: name, in: published), to: &bytes) }
          place = .entries(members)
        } else {
          bytes += "},".utf8
          bytes += JSON.object(routes.registryStatistics(published)).bare
          bytes += #","by_type":{"#.utf8
          place = .types(Members())
        }
      case .types(var members):
        if let (type, count) = members.next(of: { routes.registryTypes(published).lazy.map { ($0.key, $0.value) } }) {
          members.append(type, JSON(count), to: &bytes)
          place = .types(members)
        } else {
          bytes += "}}\n".utf8
          place = .end
          return true
        }
      case .end: return false
      }
    }
    return true
  }
}

extension JSON {
  /// An object's members without its braces and the line feed.
  fileprivate var bare: ArraySlice<UInt8> { render().dropFirst().dropLast(2) }
}
