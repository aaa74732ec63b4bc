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
  /// The most entries that a chunk looks for.
  private static let entriesAtOnce = 256

  func answer() -> Response {
    let size = routes.supervisor.read().snapshot.registry.values.reduce(0) {
      $0 + 256 + $1.payload.utf8.count + ($1.details ?? "").utf8.count
    }
    guard size > Self.largestPiece else {
      var bytes = Self.beginning
      var last: String?
      while let next = appendEntries(after: last, to: &bytes) { last = next }
      appendEnd(to: &bytes)
      return .json(bytes)
    }
    return .stream(contentType: "application/json; charset=utf-8") { writer in
      var bytes = Self.beginning
      var last: String?
      while let next = appendEntries(after: last, to: &bytes) {
        last = next
        try await writer.write(bytes)
        bytes = []
      }
      appendEnd(to: &bytes)
      try await writer.write(bytes)
    }
  }

  private static let beginning = Array(#"{"success":true,"services":{"#.utf8)

  /// Appends entries from the present registry until there is a chunk. Returns the name of the last one; nil: there was none left.
  ///
  /// A reader keeps no list between two chunks: lists of different moments would be as many copies of the registry.
  private func appendEntries(after last: String?, to bytes: inout [UInt8]) -> String? {
    let published = routes.supervisor.read()
    let registry = published.snapshot.registry
    let names = registry.keys.filter { name in last.map { name > $0 } ?? true }.sorted().prefix(Self.entriesAtOnce)
    var newest: String?
    for name in names {
      guard let entry = registry[name] else { continue }
      if last != nil || newest != nil { bytes.append(UInt8(ascii: ",")) }
      // As members of an object, without its braces and the newline.
      bytes += JSON.object([JSON.Member(name, routes.json(entry, named: name, in: published))]).render().dropFirst().dropLast(2)
      newest = name
      if bytes.count >= Self.chunkSize { break }
    }
    return newest
  }

  private func appendEnd(to bytes: inout [UInt8]) {
    bytes += "},".utf8
    bytes += routes.registryStatistics(routes.supervisor.read()).render().dropFirst()
  }
}
