// The top level of a service file: version, the supervisor, defaults, services.
import Glibc
import Linux
import Orchestration

/// Reads a whole file, going on after every fault.
struct ServiceFileReader {
  let context: ReadingContext
  /// The file's path, absolute.
  let path: String

  /// The file's contents, which are valid only if the context has no fault.
  func read(_ root: Node) -> ServiceFile? {
    guard case .mapping = root.value else {
      context.report(root.mark, "a service file is a mapping that begins with 'version: 1', not \(root.found)")
      return nil
    }
    let top = MappingReader(root, scope: Scope(), keyMark: Mark(line: 1, column: 1), context: context)
    readVersion(top)
    reportUnset(root)
    let stoker = top.mapping("stoker").map { SupervisorReader($0) }
    let supervisor = stoker?.read() ?? SupervisorSection()
    var parts = ServiceParts(context: context)
    parts.read(top, over: nil)
    var drafts = parts.drafts
    let graph = DependencyResolver(context: context).resolve(&drafts)
    checkLogPaths(of: drafts, supervisor)
    if !drafts.isEmpty { stoker?.exits?.check(drafts.map(\.definition.spec), context) }
    return graph.map { graph in
      var file = ServiceFile(
        path: path, supervisor: supervisor, services: drafts.map(\.definition), graph: graph, sources: context.files,
        places: Dictionary(drafts.map { ($0.definition.spec.name, $0.places) }, uniquingKeysWith: { first, _ in first }))
      file.inputs = context.inputs
      return file
    }
  }

  /// Reports `${instance}` where nothing is an instance. Extensions are read where their anchors are used.
  private func reportUnset(_ root: Node) {
    for entry in root.entries ?? [] where entry.key != "defaults" && entry.key != "services" && !entry.isExtension {
      entry.value.reportUnset(to: context)
    }
  }

  private func readVersion(_ top: MappingReader) {
    guard let entry = top.take("version") else { return top.missing("version", "1, the format of this file") }
    if case .scalar(let scalar) = entry.value.value, scalar.isPlain, scalar.text == "1" { return }
    context.report(entry.value.mark, "'version' must be 1, the only format that this Stoker reads, not \(entry.value.foundLiteral)")
  }

  private struct LogPlace {
    var path: String
    /// Whether others can change its folder.
    var isWeak: Bool
    var draft: ServiceDraft
    /// The key that names it: `log.path` or `log.stderr_path`.
    var key: String
    /// The place of its path; nil where the file names none.
    var mark: Mark?
    /// Whether others may write there, too.
    var isShared = false

    init?(_ path: ServiceLogSection.Path, of draft: ServiceDraft, _ key: String, _ mark: Mark?, logs: String) {
      switch path {
      case .default: (self.path, isWeak) = (logs + "/" + draft.definition.spec.name + ".log", false)
      case .none: return nil
      case .file(let path): (self.path, isWeak) = FilePath.resolvedForWriting(path)
      }
      self.draft = draft
      self.key = key
      self.mark = mark
    }
  }

  /// Refuses two services that write to one file, however its path is spelt: they would rotate the file away under each other and mix
  /// their lines. Standard output of Stoker is for all that want it. Refuses a log over a file that Stoker reads, too.
  private func checkLogPaths(of drafts: [ServiceDraft], _ supervisor: SupervisorSection) {
    guard drafts.contains(where: { $0.logPathMark != nil || $0.errorPathMark != nil }) else { return }
    let (environment, isRoot) = (context.ownEnvironment, geteuid() == 0)
    // If several may be meant, nothing can be started in either.
    let state =
      supervisor.stateDirectory
      ?? (try? ServiceFile.stateDirectory(
        path: path, nodeName: supervisor.name ?? ServiceFile.defaultNodeName(), environment: environment, isRoot: isRoot))
      ?? ServiceFile.defaultStateDirectory(path: path, environment: environment, isRoot: isRoot)
    let logs = FilePath.resolvedForWriting(state + "/logs").path
    // An external service writes nothing.
    let writers = drafts.filter { $0.definition.spec.kind != .external }
    let places: [LogPlace] = writers.flatMap { draft in
      let log = draft.definition.log
      var place = LogPlace(log.path, of: draft, "log.path", draft.logPathMark, logs: logs)
      place?.isShared = log.isShared
      let errors = log.errorPath.flatMap { LogPlace($0, of: draft, "log.stderr_path", draft.errorPathMark, logs: logs) }
      return [place, errors].compactMap(\.self)
    }
    refuseInputs(places, among: drafts)
    var owners: [String: LogPlace] = [:]
    for place in places where !FilePath.isStream(place.path) {
      guard let other = owners[place.path] else {
        owners[place.path] = place
        continue
      }
      guard let mark = place.mark ?? other.mark, let problem = problem(of: place, besides: other) else { continue }
      context.report(mark, problem)
      context.silenceReportedPlaces()
    }
    for place in places {
      guard let mark = place.mark, let base = Self.rotationBase(of: place.path), let other = owners[base] else { continue }
      context.report(
        mark,
        "the log of service '\(place.draft.name)' would be overwritten when that of '\(other.draft.name)' is rotated: "
          + Spelling.shown(base))
    }
  }

  /// The reason for which two logs cannot have one file; nil if they can.
  private func problem(of place: LogPlace, besides other: LogPlace) -> String? {
    let path = Spelling.shown(place.path)
    let (name, otherName) = (place.draft.name, other.draft.name)
    guard place.draft.definition.spec.name != other.draft.definition.spec.name else {
      return "service '\(name)' has one log file for both of its outputs, \(path): leave out 'log.stderr_path'"
    }
    let (log, otherLog) = (place.draft.definition.log, other.draft.definition.log)
    if place.isShared, other.isShared {
      guard log.path == otherLog.path else {
        return "the services '\(otherName)' and '\(name)' share one log file, \(path), and must name it by the same 'log.path'"
      }
      let differs = log.maxSize != otherLog.maxSize ? "max_size" : log.maxFiles != otherLog.maxFiles ? "max_files" : nil
      return differs.map {
        "the services '\(otherName)' and '\(name)' share one log file, \(path), and must have the same 'log.\($0)': it is rotated for both"
      }
    }
    let (section, others) = (place.draft.definition.spec.section, other.draft.definition.spec.section)
    let isSection = section != nil && section == others
    let advice = isSection ? "give each its own: write ${instance} into '\(place.key)'; or" : "give each its own, or"
    let way = [place.key, other.key].contains("log.stderr_path") ? "leave out 'log.stderr_path'" : "add 'log.shared: true' to both"
    return
      "the services '\(otherName)' and '\(name)' would write to one log file, \(path); \(advice) \(isSection ? "add 'log.shared: true'" : way)"
  }

  /// Refuses logs that are the service file or an environment file: a service would write what Stoker reads.
  private func refuseInputs(_ places: [LogPlace], among drafts: [ServiceDraft]) {
    var inputs = [(path: path, words: "the service file")]
    inputs += context.files.dropFirst().map { ($0.path, "the included file") }
    inputs += context.inputs.variables.map { ($0.path, "a file of 'stoker.variables'") }
    for draft in drafts {
      inputs += draft.definition.environmentFiles.map { ($0.path, "the environment file of service '\(draft.name)'") }
    }
    let known = Dictionary(inputs.map { (FilePath.resolved($0.path), $0.words) }, uniquingKeysWith: { first, _ in first })
    let files = inputs.compactMap { input in FileFacts.of(FilePath.resolved(input.path)).map { (facts: $0, words: input.words) } }
    for place in places {
      guard let mark = place.mark else { continue }
      // A second name for an input, made by a service's user in the folder of its log, concerns that service alone.
      let facts = place.isWeak ? nil : FileFacts.of(place.path)
      guard let words = known[place.path] ?? files.first(where: { facts?.isSame(as: $0.facts) == true })?.words else { continue }
      context.report(mark, "the log of service '\(place.draft.name)' would be written into \(words), \(Spelling.shown(place.path))")
      context.silenceReportedPlaces()
    }
  }

  /// `x.log` for `x.log.3` and `x.log.3.gz`.
  private static func rotationBase(of path: String) -> String? {
    let bare = path.hasSuffix(".gz") ? path.dropLast(3) : path[...]
    guard let dot = bare.lastIndex(of: "."), let number = NumberText.integer(String(bare[bare.index(after: dot)...])), number > 0
    else { return nil }
    return String(bare[..<dot])
  }
}
