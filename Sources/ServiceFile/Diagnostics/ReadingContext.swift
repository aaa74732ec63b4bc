// The context that all readers of one file share: its place, the environment, and the faults found so far.

/// Collects the faults of one file; a reader goes on after each.
final class ReadingContext {
  /// The file's name as the user wrote it.
  let file: String
  /// The file's directory, from which relative paths are taken.
  let directory: String
  let environment: [String: String]

  private var diagnostics: [Diagnostic] = []
  private var silenced: Set<Mark> = []
  /// Places with a fault that are not silenced yet.
  private var places: [Mark] = []

  /// A context without faults for the file at `path` (absolute).
  init(file: String, path: String, environment: [String: String]) {
    self.file = file
    directory = FilePath.parent(of: path)
    self.environment = environment
  }

  /// Notes a fault, unless its place has been silenced.
  func report(_ mark: Mark, _ message: String) {
    guard !silenced.contains(mark) else { return }
    diagnostics.append(Diagnostic(file: file, line: mark.line, column: mark.column, message: message))
    places.append(mark)
  }

  /// Reports no more faults at this place.
  func silence(_ mark: Mark) {
    silenced.insert(mark)
  }

  /// Reports no more faults at places that have one already: defaults and aliases stand once and are read for every service.
  func silenceReportedPlaces() {
    silenced.formUnion(places)
    places.removeAll(keepingCapacity: true)
  }

  /// The error with all faults, in the file's order and each once; nil if there are none.
  func error() -> ServiceFileError? {
    var seen: Set<String> = []
    let unique = diagnostics.filter { seen.insert($0.description).inserted }
    // Swift's sort is stable, but does not promise it: the number keeps the order of several faults of one place.
    let sorted = unique.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }
    return sorted.isEmpty ? nil : ServiceFileError(diagnostics: sorted.map(\.element))
  }
}
