// The reader of the block `stoker:`.

import Addresses

/// Reads the supervisor's own settings.
struct SupervisorReader {
  private let reader: MappingReader
  /// `exit_when`, which is checked against the services.
  let exits: ExitReader?
  private var context: ReadingContext { reader.context }

  init(_ reader: MappingReader) {
    self.reader = reader
    exits = ExitReader(reader)
  }

  func read() -> SupervisorSection {
    var section = SupervisorSection()
    section.name = name()
    section.listen = listeners() ?? section.listen
    section.stateDirectory = reader.path("state_dir")
    if let log = reader.mapping("log") {
      section.log.level = log.choice("level", LogSection.Level.self) ?? section.log.level
      section.log.format = log.choice("format", LogSection.Format.self) ?? section.log.format
      log.finish()
    }
    if let metrics = reader.mapping("metrics") {
      let groups = metrics.list("exclude", of: "groups of metrics") ?? []
      section.excludedMetrics = Set(groups.compactMap { metrics.choice($0, "exclude", of: MetricsGroup.allCases) })
      section.createdSamples = metrics.flag("created_samples") ?? section.createdSamples
      metrics.finish()
    }
    if let registry = reader.mapping("registry") {
      section.registrySize = registry.size("max_size", atLeast: 64 << 10)
      registry.finish()
    }
    if let discovery = reader.mapping("discovery") {
      section.discoveryAddress = address(in: discovery)
      discovery.finish()
    }
    section.allowedHosts = allowedHosts() ?? section.allowedHosts
    // These were read before everything else.
    _ = reader.fileReferences("variables")
    section.control = reader.choice("control", ControlScope.self)
    section.exitConditions = exits?.conditions ?? []
    laterWork()
    reader.finish()
    return section
  }

  private func name() -> String? {
    guard let entry = reader.take("name"), let name = reader.text(entry.value, "name") else { return nil }
    return ServiceName.isValid(name) ? name : reader.refuse(entry.value, "name", ServiceName.expected)
  }

  private func listeners() -> [ListenAddress]? {
    guard let nodes = reader.list("listen", of: "addresses") else { return nil }
    var seen: [ListenAddress: Int] = [:]
    return nodes.compactMap { node in
      guard let address = reader.text(node, "listen").flatMap({ listener($0, node) }) else { return nil }
      // The kernel chooses another port for each 0.
      if let line = seen[address.tidied], address.port != 0 {
        context.report(node.mark, "'stoker.listen' names \(node.found) twice; it stands in line \(line) already")
        return nil
      }
      seen[address.tidied] = node.mark.line
      return address
    }
  }

  private func listener(_ text: String, _ node: Node) -> ListenAddress? {
    do throws(ListenAddressError) {
      return try ListenAddress(parsing: text)
    } catch {
      let advice = error.fault == .hostMissing ? "for every address of the machine the host is 0.0.0.0 or [::]" : error.fault.advice
      return reader.refuse(node, "listen", "HOST:PORT, [V6]:PORT or unix:/path", advice: advice)
    }
  }

  /// The address of the machine for others; the wildcard addresses are for listening alone.
  private func address(in discovery: MappingReader) -> String? {
    guard let entry = discovery.take("address"), let text = discovery.text(entry.value, "address") else { return nil }
    if IPLiteral(text).map({ !$0.isWildcard }) ?? HostPort.isHost(text) { return text }
    return discovery.refuse(
      entry.value, "address", "a host name or an IP address by which Prometheus reaches this machine, without a port")
  }

  private func allowedHosts() -> [String]? {
    reader.list("allowed_hosts", of: "host names")?.compactMap { node in
      guard let text = reader.text(node, "allowed_hosts") else { return nil }
      return HostPort.isHost(text) || IPLiteral(text) != nil
        ? text : reader.refuse(node, "allowed_hosts", "host names without scheme and port")
    }
  }

  /// Reads the keys of features that do not exist yet for their types, then refuses them: they must not look supported.
  private func laterWork() {
    if let entry = reader.take("web_config"), reader.text(entry.value, "web_config", allowsEmpty: false) != nil {
      reader.notSupported(entry)
    }
    if let allowed = reader.flag("allow_remote_control"), allowed {
      reader.notSupported(reader.present(["allow_remote_control"]).first)
    }
  }
}
