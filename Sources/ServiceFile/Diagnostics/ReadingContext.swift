// The context that all readers of one service file share: its files, the environment, and the faults found so far.

/// Collects the faults of a service file and of the files that it includes; a reader goes on after each.
final class ReadingContext {
  /// The files that are read: the service file, then included ones in the order of their reading.
  private(set) var files: [SourceFile]
  /// The values for `${NAME}`: Stoker's own variables over those of `stoker.variables`.
  private(set) var environment: [String: String]
  /// Stoker's own variables.
  let ownEnvironment: [String: String]
  /// Whether `${instance}` is somewhere in the file.
  var namesInstance = false
  /// Whether a file of `stoker.variables` could not be read.
  var lacksVariables = false
  /// All else that was looked at, so that a change of it is a change of the service file.
  var inputs: InputFiles

  private var diagnostics: [(mark: Mark, diagnostic: Diagnostic)] = []
  private var silenced: Set<Mark> = []
  /// Places with a fault that are not silenced yet.
  private var places: [Mark] = []

  /// A context without faults for the file at `path` (absolute).
  init(file: String, path: String, environment: [String: String]) {
    files = [SourceFile(shown: file, path: path)]
    inputs = InputFiles(path)
    self.environment = environment
    ownEnvironment = environment
  }

  /// Adds an included file, and returns its number.
  func add(_ file: SourceFile) -> Int {
    files.append(file)
    return files.count - 1
  }

  /// Puts values for `${NAME}` beneath Stoker's own variables.
  func addBeneath(_ values: [String: String]) {
    environment.merge(values) { _, new in new }
    environment.merge(ownEnvironment) { _, own in own }
  }

  /// The directory from which the relative paths at this place are taken.
  func directory(of mark: Mark) -> String { files[mark.file].directory }

  /// An earlier place in a message about another one: `line 5`, or `FILE:5` where that is another file.
  func words(for earlier: Mark, from mark: Mark) -> String {
    earlier.file == mark.file ? "line \(earlier.line)" : "\(files[earlier.file].shown):\(earlier.line)"
  }

  /// Notes a fault, unless its place has been silenced.
  func report(_ mark: Mark, _ message: String) {
    guard !silenced.contains(mark) else { return }
    let diagnostic = Diagnostic(file: files[mark.file].shown, line: mark.line, column: mark.column, message: message)
    diagnostics.append((mark, diagnostic))
    places.append(mark)
  }

  /// Notes the faults of a file that is named at this place.
  func report(_ mark: Mark, _ error: ServiceFileError) {
    for diagnostic in error.diagnostics { diagnostics.append((mark, diagnostic)) }
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

  /// The error with all faults, in the order of files and lines and each once; nil if there are none.
  func error() -> ServiceFileError? {
    var seen: Set<String> = []
    let unique = diagnostics.filter { seen.insert($0.diagnostic.description).inserted }
    // Swift's sort is stable, but does not promise it: the number keeps the order of several faults of one place.
    let sorted = unique.enumerated().sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }
    return sorted.isEmpty ? nil : ServiceFileError(diagnostics: sorted.map(\.element.diagnostic))
  }
}
