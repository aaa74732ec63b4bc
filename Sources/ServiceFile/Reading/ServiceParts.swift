// `services`, `defaults` and `include` of the service file and of the files that it includes.

/// Reads the services of all files, those of the service file first.
struct ServiceParts {
  let context: ReadingContext
  /// The services that were read.
  private(set) var drafts: [ServiceDraft] = []
  private var sections: SectionReader
  private var includes: IncludeReader
  /// The places of the names, over all files.
  private var names: [String: Mark] = [:]

  init(context: ReadingContext) {
    self.context = context
    sections = SectionReader(context: context)
    includes = IncludeReader(context: context)
  }

  /// Reads what one file has, and the files that it includes.
  /// - Parameter beneath: The defaults of the file that includes this one.
  mutating func read(_ top: MappingReader, over beneath: Node?) {
    let services = top.take("services")
    let own = top.take("defaults")
    var defaults = beneath
    if let own {
      let node = own.value.withRestartMapping.withEnvironmentMapping(of: "'defaults'", context)
      let merged = beneath.map { node.asService(over: $0) } ?? node
      defaults = merged
      let reader = MappingReader(
        alone(merged, services), scope: Scope(owner: "'defaults'"), keyMark: own.keyMark, context: context)
      _ = ServiceReader(reader, name: "defaults", section: nil, own: nil).read()
      context.silenceReportedPlaces()
    }
    readServices(services, top, over: defaults)
    let include = top.present(["include"]).first
    for (path, mark) in includes.files(of: top) {
      guard let root = includes.open(path, mark) else { continue }
      readIncluded(root, over: defaults)
      includes.close()
    }
    top.finish()
    if top.mark.file == 0, let include, drafts.isEmpty, context.error() == nil {
      context.report(include.keyMark, "neither this file nor one that it includes has a service: there is nothing to supervise")
    }
  }

  private mutating func readIncluded(_ root: Node, over defaults: Node?) {
    let top = MappingReader(
      root, scope: Scope(), keyMark: Mark(line: 1, column: 1, file: root.mark.file), context: context)
    if let version = top.take("version") {
      let isKnown = if case .scalar(let scalar) = version.value.value { scalar.isPlain && scalar.text == "1" } else { false }
      if !isKnown {
        context.report(version.value.mark, "'version' must be 1, the only format that this Stoker reads, not \(version.value.foundLiteral)")
      }
    }
    if let stoker = top.take("stoker") {
      context.report(stoker.keyMark, "'stoker' can stand in the service file alone, not in an included one")
    }
    for entry in root.entries ?? [] where entry.key == "include" { entry.value.reportUnset(to: context) }
    read(top, over: defaults)
  }

  /// The defaults as they are read by themselves, for faults that no section has to have: with the name of any instance.
  private func alone(_ defaults: Node, _ services: Node.Entry?) -> Node {
    let instances = services?.value.entries?.lazy.compactMap(SectionReader.instances).first
    guard let instances else {
      defaults.reportUnset(to: context)
      return defaults
    }
    if case .sequence(let names) = instances.value.value, case .scalar(let name) = names.first?.value {
      return defaults.bound(to: name.text, in: context)
    }
    return defaults.bound(to: "1", in: context)
  }

  private mutating func readServices(_ services: Node.Entry?, _ top: MappingReader, over defaults: Node?) {
    let isWhole = top.mark.file == 0 && top.present(["include"]).isEmpty
    guard let services else {
      if isWhole { top.missing("services", "a mapping of names to services") }
      return
    }
    guard let entries = services.value.entries else {
      _ = top.refuse(services.value, "services", "a mapping of names to services") as Void?
      return
    }
    if entries.isEmpty, isWhole { context.report(services.keyMark, "'services' is empty: there is nothing to supervise") }
    sections.defaults = defaults
    for entry in entries {
      if let earlier = names[entry.key] {
        let place = context.words(for: earlier, from: entry.keyMark)
        context.report(entry.keyMark, "the service '\(Spelling.shown(entry.key))' is in two files; the other one is at \(place)")
        continue
      }
      names[entry.key] = entry.keyMark
      drafts += sections.read(entry)
    }
  }
}
