// The services that words on a command line stand for: names, patterns, sections and labels.

import ArgumentParser
import Glibc
import Orchestration
import ServiceFile
import Stoker

/// The services of a running Stoker, or of a file, as far as a selection needs them.
///
/// A word is a name; with `*`, `?` or `[` a pattern of names, as in a shell; with `=` a label and a pattern of its value; or the name of a
/// section, which stands for its instances (rule 89).
struct ServiceSelection {
  private struct Candidate {
    var name: String
    var section: String?
    var labels: [JSON.Member]
  }

  private let candidates: [Candidate]

  /// - Parameter answer: The answer of `GET /services`.
  init(_ answer: JSON) {
    candidates = (answer["services"]?.members ?? []).map {
      Candidate(name: $0.name, section: $0.value["section"]?.string, labels: $0.value["labels"]?.members ?? [])
    }
  }

  /// The services of a file.
  init(_ file: ServiceFile) {
    candidates = file.services.map { service in
      let labels = service.labels.map { JSON.Member($0.key, .string($0.value)) }
      return Candidate(name: service.spec.name, section: service.spec.section, labels: labels)
    }
  }

  /// Asks Stoker for its services.
  init(_ connection: Connection) async throws {
    self.init(try await connection.json("/api/orchestration/services"))
  }

  /// The form of a word, for the help of verbs.
  static let help = "names, sections with instances, patterns such as 'web@*', or label=value"

  /// Whether a word is a name, of a service or of a section.
  static func isName(_ word: String) -> Bool { !word.contains { "*?[=".contains($0) } }

  /// The services that a word stands for, in Stoker's order; none if there are none.
  func services(_ word: String) -> [String] {
    if let named = candidates.first(where: { $0.name == word }) { return [named.name] }
    if let equals = word.firstIndex(of: "=") {
      let (label, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
      return names { candidate in
        candidate.labels.contains { $0.name == label && Self.matches($0.value.string ?? "", value) }
      }
    }
    return Self.isName(word) ? names { $0.section == word } : names { Self.matches($0.name, word) }
  }

  /// The services that words stand for, each once.
  /// - Throws: `Failure` for the first word that stands for none.
  func services(_ words: [String]) throws(Failure) -> [String] {
    var seen: Set<String> = []
    var services: [String] = []
    for word in words {
      let found = self.services(word)
      guard !found.isEmpty else { throw missing(word) }
      services += found.filter { seen.insert($0).inserted }
    }
    return services
  }

  /// The refusal of a word that stands for no service.
  /// - Parameter refusal: Stoker's own, of a name.
  func missing(_ word: String, _ refusal: Failure? = nil) -> Failure {
    let shown = TerminalText.line(word)
    if let equals = word.firstIndex(of: "=") {
      let (label, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
      let labels = candidates.flatMap(\.labels)
      let values = labels.filter { $0.name == label }.compactMap(\.value.string)
      let hint =
        values.isEmpty ? Spelling.hint(for: label, among: unique(labels.map(\.name))) : Spelling.hint(for: value, among: unique(values))
      return Failure(.failure, "no service has the label \(shown)\(hint)")
    }
    guard Self.isName(word) else { return Failure(.failure, "no service matches '\(shown)'; 'stoker status' lists them") }
    let sections = unique(candidates.compactMap(\.section))
    if let refusal, Spelling.nearest(to: word, among: sections) == nil { return refusal }
    return Failure(.failure, "Service '\(shown)' not found\(Spelling.hint(for: word, among: sections + candidates.map(\.name)))")
  }

  /// The services that words stand for, and what `body` makes of them. Names are passed on without a look at the list: where Stoker does not
  /// know one of them, `body` is called again with the services of the section that it names.
  static func with<Value>(
    _ words: [String], _ connection: Connection, _ body: ([String]) async throws -> Value
  ) async throws -> Value {
    guard words.allSatisfy(isName) else { return try await body(try await ServiceSelection(connection).services(words)) }
    do {
      return try await body(words)
    } catch let refusal as Failure where refusal.isUnknownService {
      let selection = try await ServiceSelection(connection)
      if let unknown = words.first(where: { selection.services($0).isEmpty }) { throw selection.missing(unknown, refusal) }
      return try await body(try selection.services(words))
    }
  }

  private func names(where isWanted: (Candidate) -> Bool) -> [String] { candidates.filter(isWanted).map(\.name) }

  private func unique(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
  }

  private static func matches(_ text: String, _ pattern: String) -> Bool { fnmatch(pattern, text, 0) == 0 }
}

extension Failure {
  /// Whether Stoker knows no service of that name.
  var isUnknownService: Bool { answer?["error"]?.string == "service_not_found" }
}
