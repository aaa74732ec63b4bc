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
    let supervisor = top.mapping("stoker").map { SupervisorReader($0).read() } ?? SupervisorSection()
    let defaults = top.take("defaults")
    let services = top.take("services")
    top.finish()
    if let defaults {
      let reader = MappingReader(defaults.value, scope: Scope(owner: "'defaults'"), keyMark: defaults.keyMark, context: context)
      _ = ServiceReader(reader, name: "defaults", own: nil).read()
      context.silenceReportedPlaces()
    }
    var drafts = readServices(services, top, over: defaults?.value)
    let graph = DependencyResolver(context: context).resolve(&drafts)
    checkLogPaths(of: drafts, supervisor)
    return graph.map { graph in
      ServiceFile(
        path: path, supervisor: supervisor, services: drafts.map(\.definition), graph: graph, source: context.file,
        accountMarks: Self.accountMarks(of: drafts))
    }
  }

  private static func accountMarks(of drafts: [ServiceDraft]) -> [String: ServiceFile.AccountMarks] {
    var marks: [String: ServiceFile.AccountMarks] = [:]
    for draft in drafts where draft.userMark != nil || draft.groupMark != nil {
      marks[draft.definition.spec.name] = ServiceFile.AccountMarks(user: draft.userMark, group: draft.groupMark)
    }
    return marks
  }

  private func readVersion(_ top: MappingReader) {
    guard let entry = top.take("version") else { return top.missing("version", "1, the format of this file") }
    if case .scalar(let scalar) = entry.value.value, scalar.isPlain, scalar.text == "1" { return }
    context.report(entry.value.mark, "'version' must be 1, the only format that this Stoker reads, not \(entry.value.foundLiteral)")
  }

  private func readServices(_ services: Node.Entry?, _ top: MappingReader, over defaults: Node?) -> [ServiceDraft] {
    guard let services else {
      top.missing("services", "a mapping of names to services")
      return []
    }
    guard let entries = services.value.entries else {
      return top.refuse(services.value, "services", "a mapping of names to services") ?? []
    }
    if entries.isEmpty { context.report(services.keyMark, "'services' is empty: there is nothing to supervise") }
    var drafts: [ServiceDraft] = []
    for entry in entries {
      if !ServiceName.isValid(entry.key) {
        context.report(entry.keyMark, "'\(Spelling.shown(entry.key))' cannot be a service's name: a name is \(ServiceName.expected)")
      }
      let node = defaults.map { entry.value.asService(over: $0) } ?? entry.value
      let scope = Scope(owner: "service '\(Spelling.shown(entry.key))'")
      let reader = MappingReader(node, scope: scope, keyMark: entry.keyMark, context: context)
      drafts.append(ServiceReader(reader, name: entry.key, own: entry.value).read())
      context.silenceReportedPlaces()
    }
    return drafts
  }

  private struct LogPlace {
    var path: String
    /// Whether others can change its folder.
    var isWeak: Bool
    var draft: ServiceDraft
  }

  /// Refuses two services that write to one file, however its path is spelt: they would rotate the file away under each other and mix
  /// their lines. Refuses a log over a file that Stoker reads, too.
  private func checkLogPaths(of drafts: [ServiceDraft], _ supervisor: SupervisorSection) {
    guard drafts.contains(where: { $0.logPathMark != nil }) else { return }
    let (environment, isRoot) = (context.environment, geteuid() == 0)
    // If several may be meant, nothing can be started in either.
    let state =
      supervisor.stateDirectory
      ?? (try? ServiceFile.stateDirectory(
        path: path, nodeName: supervisor.name ?? ServiceFile.defaultNodeName(), environment: environment, isRoot: isRoot))
      ?? ServiceFile.defaultStateDirectory(path: path, environment: environment, isRoot: isRoot)
    let logs = FilePath.resolvedForWriting(state + "/logs").path
    // An external service writes nothing.
    let writers = drafts.filter { $0.definition.spec.kind != .external }
    let places: [LogPlace] = writers.compactMap { draft in
      switch draft.definition.log.path {
      case .default: return LogPlace(path: logs + "/" + draft.definition.spec.name + ".log", isWeak: false, draft: draft)
      case .none: return nil
      case .file(let path):
        let (path, isWeak) = FilePath.resolvedForWriting(path)
        return LogPlace(path: path, isWeak: isWeak, draft: draft)
      }
    }
    refuseInputs(places, among: drafts)
    var owners: [String: ServiceDraft] = [:]
    for place in places {
      guard let other = owners[place.path] else {
        owners[place.path] = place.draft
        continue
      }
      guard let mark = place.draft.logPathMark ?? other.logPathMark else { continue }
      context.report(
        mark, "the services '\(other.name)' and '\(place.draft.name)' would write to one log file, \(Spelling.shown(place.path))")
      context.silenceReportedPlaces()
    }
    for place in places {
      guard let mark = place.draft.logPathMark, let base = Self.rotationBase(of: place.path), let other = owners[base] else { continue }
      context.report(
        mark,
        "the log of service '\(place.draft.name)' would be overwritten when that of '\(other.name)' is rotated: \(Spelling.shown(base))"
      )
    }
  }

  /// Refuses logs that are the service file or an environment file: a service would write what Stoker reads.
  private func refuseInputs(_ places: [LogPlace], among drafts: [ServiceDraft]) {
    var inputs = [(path: path, words: "the service file")]
    for draft in drafts {
      if let file = draft.definition.environmentFile { inputs.append((file, "the environment file of service '\(draft.name)'")) }
    }
    let known = Dictionary(inputs.map { (FilePath.resolved($0.path), $0.words) }, uniquingKeysWith: { first, _ in first })
    let files = inputs.compactMap { input in FileFacts.of(FilePath.resolved(input.path)).map { (facts: $0, words: input.words) } }
    for place in places {
      guard let mark = place.draft.logPathMark else { continue }
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
