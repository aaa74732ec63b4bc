// `health:`, the check of a service: target, schedule, thresholds.
import Addresses
import Orchestration

extension ServiceReader {
  /// The check of a service; target and policy are nil where there is none or it is switched off.
  struct HealthReading {
    var policy: CheckPolicy?
    var target: CheckTarget?
    var history: Int?
    /// Whether the lack of a check has been reported.
    var isLackReported = false
  }

  func readHealth() -> HealthReading {
    guard let entry = reader.take("health") else { return HealthReading() }
    let health = reader.mapping(entry)
    var policy = CheckPolicy()
    policy.interval = health.duration("interval") ?? policy.interval
    policy.timeout = health.duration("timeout") ?? policy.timeout
    policy.failureThreshold = health.integer("failure_threshold", in: 1...1_000_000) ?? policy.failureThreshold
    policy.recoveryThreshold = health.integer("recovery_threshold", in: 1...1_000_000) ?? policy.recoveryThreshold
    policy.startPeriod = health.duration("start_period", allowsZero: true) ?? policy.startPeriod
    policy.startInterval = health.duration("start_interval") ?? policy.startInterval
    policy.autoRecovery = health.flag("auto_recovery") ?? policy.autoRecovery
    let isEnabled = health.flag("enabled") ?? true
    let history = health.integer("history", in: 1...10_000)

    // All kinds are read, so that the faults of each are found and `finish` knows each.
    let http = health.mapping("http").flatMap(readHTTP)
    let tcp = health.mapping("tcp").flatMap(readTCP)
    let exec = health.mapping("exec").flatMap(readExec)
    readGRPC(health)
    let heartbeat = health.mapping("heartbeat").map { reader in
      reader.finish()
      return CheckTarget.heartbeat
    }
    let file = health.mapping("file").flatMap(readFile)
    health.finish()

    let kinds = health.present(Node.checkKinds)
    if kinds.count > 1 {
      context.report(kinds[1].keyMark, "\(health.scope) has the checks '\(kinds[0].key)' and '\(kinds[1].key)': a service has one check")
    }
    let isLacking = kinds.isEmpty && isEnabled && isOwn("health")
    if isLacking {
      context.report(entry.keyMark, "\(health.scope) has no check: add http, tcp, exec, file or heartbeat, or 'enabled: false'")
    }
    guard isEnabled, !kinds.isEmpty else { return HealthReading(history: history, isLackReported: isLacking) }
    if kinds[0].key == "heartbeat" { policy.source = .heartbeat }
    return HealthReading(policy: policy, target: http ?? tcp ?? exec ?? heartbeat ?? file, history: history)
  }

  func readHeartbeat(_ defaults: HeartbeatPolicy) -> HeartbeatPolicy {
    var policy = defaults
    guard let heartbeat = reader.mapping("heartbeat") else { return policy }
    policy.isExpected = true
    policy.interval = heartbeat.duration("interval") ?? policy.interval
    policy.timeout = heartbeat.duration("timeout") ?? policy.timeout
    heartbeat.finish()
    return policy
  }

  private func readHTTP(_ http: MappingReader) -> CheckTarget? {
    var check: HTTPCheck?
    if let node = required("url", "a URL", in: http), let url = http.text(node, "url") {
      check = target(url, node, http).map { HTTPCheck(url: $0) }
    }
    let method = readMethod(http)
    let statuses = readStatuses(http)
    let pattern = http.pattern("body")
    let headers = http.namedValues("headers", of: "texts", name: Self.problem(ofHeader:), value: Self.problem(ofHeaderValue:))
    let redirects = http.integer("follow_redirects", in: 0...20)
    if http.flag("verify_tls") == false { http.notSupportedValue("verify_tls") }
    http.finish()
    check?.method = method ?? "GET"
    if let statuses { check?.statuses = statuses }
    check?.bodyPattern = pattern
    check?.headers = headers ?? []
    if let redirects { check?.followRedirects = redirects }
    return check.map { .http($0) }
  }

  private func target(_ url: String, _ node: Node, _ http: MappingReader) -> HTTPTarget? {
    do throws(AddressFault) {
      return try HTTPTarget(parsing: url)
    } catch .httpsNotSupported {
      context.report(node.mark, "\(http.scope.name("url")): https checks are not supported yet")
      return nil
    } catch {
      return http.refuse(
        node, "url", "a URL such as http://127.0.0.1:8080/health or http+unix://%2Frun%2Fapp.sock/health",
        found: url.contains("@") ? "one with a password" : nil, advice: error.advice)
    }
  }

  private func readMethod(_ http: MappingReader) -> String? {
    guard let node = http.take("method")?.value, let text = http.text(node, "method") else { return nil }
    let method = text.uppercased()
    let isToken = (1...32).contains(method.utf8.count) && method.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    return isToken ? method : http.refuse(node, "method", "an HTTP method such as GET or HEAD")
  }

  /// `200`, `"200-299"`, `"200-299, 401"`, or a list of these.
  private func readStatuses(_ http: MappingReader) -> [ClosedRange<Int>]? {
    guard let node = http.take("status")?.value else { return nil }
    var nodes = [node]
    if case .sequence(let elements) = node.value { nodes = elements }
    let ranges = nodes.flatMap { node -> [ClosedRange<Int>] in
      guard case .scalar(let scalar) = node.value else { return http.refuse(node, "status", Self.statusShape) ?? [] }
      let parts = scalar.text.split(separator: ",", omittingEmptySubsequences: false).map(Self.statusRange)
      guard !parts.contains(nil) else { return http.refuse(node, "status", Self.statusShape) ?? [] }
      return parts.compactMap { $0 }
    }
    if nodes.isEmpty { return http.refuse(node, "status", Self.statusShape, found: "an empty list") }
    return ranges.isEmpty ? nil : ranges
  }

  private static let statusShape = "a status from 100 to 599 or a range such as 200-299"

  private static func statusRange(_ text: Substring) -> ClosedRange<Int>? {
    let blank: (Character) -> Bool = { $0 == " " }
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
      NumberText.integer(String(part.drop(while: blank).reversed().drop(while: blank).reversed()))
    }
    guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1], first <= last,
      (100...599).contains(first), (100...599).contains(last)
    else { return nil }
    return first...last
  }

  private static func problem(ofHeader name: String) -> String? {
    guard HeaderField.isToken(name) else { return "is not a header's name" }
    return HeaderField.isReserved(name) ? "is set by Stoker itself" : nil
  }

  private static func problem(ofHeaderValue value: String) -> String? {
    HeaderField.isValue(value) ? nil : "must be text without control characters"
  }

  private func readTCP(_ tcp: MappingReader) -> CheckTarget? {
    let address = readAddress(tcp)
    let send = tcp.text("send", allowsNUL: true)
    let expect = tcp.text("expect", allowsNUL: true)
    tcp.finish()
    return address.map { .tcp(TCPCheck(address: $0, send: send, expect: expect)) }
  }

  private func readAddress(_ check: MappingReader) -> HostPort? {
    guard let node = required("address", "HOST:PORT", in: check), let text = check.text(node, "address") else { return nil }
    do throws(AddressFault) {
      return try HostPort(parsing: text)
    } catch {
      return check.refuse(node, "address", "HOST:PORT or [V6]:PORT", advice: error.advice)
    }
  }

  private func readExec(_ exec: MappingReader) -> CheckTarget? {
    let command = required("command", "a command", in: exec).flatMap { exec.command($0, "command") }
    // Without one of its own it runs where the service does.
    let directory = exec.path("directory") ?? serviceDirectory
    let environment = exec.environment("environment")
    exec.finish()
    return command.map { .exec(ExecCheck(command: $0, directory: directory, environment: environment)) }
  }

  private func readFile(_ file: MappingReader) -> CheckTarget? {
    if file.present(["path"]).isEmpty, own != nil { file.missing("path", "a path") }
    let path = file.path("path")
    let maximumAge = file.duration("max_age")
    file.finish()
    return path.map { .file(FileCheck(path: $0, maxAge: maximumAge)) }
  }

  private func readGRPC(_ health: MappingReader) {
    guard let entry = health.take("grpc") else { return }
    let grpc = health.mapping(entry)
    _ = readAddress(grpc)
    _ = grpc.text("service")
    grpc.finish()
    health.notSupported(entry)
  }

  /// A required key of a check; defaults may leave it to the services.
  private func required(_ key: String, _ expected: String, in check: MappingReader) -> Node? {
    let node = check.take(key)?.value
    if node == nil, own != nil { check.missing(key, expected) }
    return node
  }

  private var serviceDirectory: String {
    guard let node = reader.present(["directory"]).first?.value, case .scalar(let scalar) = node.value, !scalar.text.isEmpty else {
      return context.directory(of: reader.mark)
    }
    return reader.path(scalar.text, node, "directory") ?? context.directory(of: reader.mark)
  }
}
