// One section of `services:`: a service, or with `instances` several of one kind (rule 89).

/// Reads sections over the defaults, each as one service or as its instances.
struct SectionReader {
  let context: ReadingContext
  /// The defaults of the file whose sections are read.
  var defaults: Node?
  /// The values that all instances read so far stand for.
  private var values = 0

  /// The most instances of a section.
  static let maximumInstances = 1000
  /// The most values that all instances of a file together may stand for, as with aliases: a few lines must not become gigabytes.
  static let maximumValues = 1_000_000

  init(context: ReadingContext) {
    self.context = context
  }

  /// The services of a section, in the order of their names in the file.
  mutating func read(_ entry: Node.Entry) -> [ServiceDraft] {
    var entry = entry
    entry.value = entry.value.withRestartMapping.withEnvironmentMapping(of: "service '\(Spelling.shown(entry.key))'", context)
    let isNamed = checkName(entry)
    guard let key = Self.instances(of: entry) else {
      let node = merged(entry.value)
      node.reportUnset(to: context)
      return [draft(entry, node, own: entry.value, name: entry.key, section: nil, isFirst: true)]
    }
    var names = InstanceNames(context: context, section: entry.key).read(key)
    if isNamed { names = checkLengths(names, of: entry, key) }
    let size = entry.value.count
    values += size * names.count
    if values > Self.maximumValues {
      context.report(
        key.keyMark, "the instances of this file stand for more than \(Self.maximumValues) values: make fewer, or several files")
      values = 0
      names = Array(names.prefix(1))
    }
    return names.enumerated().map { position, instance in
      let own = entry.value.bound(to: instance, in: context)
      let name = ServiceName.name(of: instance, in: entry.key)
      let node = defaults.map { own.asService(over: $0.bound(to: instance, in: context)) } ?? own
      return draft(entry, node, own: own, name: name, section: entry.key, isFirst: position == 0)
    }
  }

  /// The section's own key `instances`.
  static func instances(of entry: Node.Entry) -> Node.Entry? {
    entry.value.entries?.first { $0.key == "instances" }
  }

  private func merged(_ own: Node) -> Node { defaults.map { own.asService(over: $0) } ?? own }

  /// Faults that all instances have are reported with the section's name, and once, as their places are silenced after the first.
  private func draft(
    _ entry: Node.Entry, _ node: Node, own: Node, name: String, section: String?, isFirst: Bool
  ) -> ServiceDraft {
    let scope = Scope(owner: "service '\(Spelling.shown(isFirst ? entry.key : name))'")
    let reader = MappingReader(node, scope: scope, keyMark: entry.keyMark, context: context)
    defer { context.silenceReportedPlaces() }
    var draft = ServiceReader(reader, name: name, section: section, own: own).read()
    draft.places = ServicePlaces(of: node)
    return draft
  }

  private func checkName(_ entry: Node.Entry) -> Bool {
    guard !ServiceName.isValid(entry.key) else { return true }
    let parts = entry.key.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let isInstance = parts.count == 2 && ServiceName.isValid(parts[0]) && ServiceName.isInstance(parts[1])
    let advice = isInstance ? "; instances are made by the key 'instances' of service '\(Spelling.shown(parts[0]))'" : ""
    context.report(
      entry.keyMark, "'\(Spelling.shown(entry.key))' cannot be a service's name: a name is \(ServiceName.expected)\(advice)")
    return false
  }

  /// The names that are not too long together with the section's.
  private func checkLengths(_ names: [String], of entry: Node.Entry, _ key: Node.Entry) -> [String] {
    let limit = ServiceName.longestInstance
    guard let long = names.first(where: { ServiceName.name(of: $0, in: entry.key).utf8.count > limit }) else { return names }
    let name = ServiceName.name(of: long, in: entry.key)
    context.report(
      key.value.mark, "the name '\(Spelling.shown(name))' of an instance is longer than \(limit) bytes; shorten it, or that of the service")
    return names.filter { ServiceName.name(of: $0, in: entry.key).utf8.count <= limit }
  }
}
