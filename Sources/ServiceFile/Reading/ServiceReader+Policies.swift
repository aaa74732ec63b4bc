// The policies of a service: restart and stop.
import Orchestration

extension ServiceReader {
  func readRestart(_ defaults: RestartPolicy) -> RestartPolicy {
    var policy = defaults
    guard let restart = reader.mapping("restart") else { return policy }
    policy.rule = readRule(restart) ?? policy.rule
    readMaxAttempts(restart, &policy)
    if let backoff = restart.mapping("backoff") {
      policy.backoff.base = backoff.duration("base", allowsZero: true) ?? policy.backoff.base
      policy.backoff.factor = backoff.number("factor", in: 1...1000) ?? policy.backoff.factor
      policy.backoff.max = backoff.duration("max", allowsZero: true) ?? policy.backoff.max
      policy.backoff.jitter = backoff.number("jitter", in: 0...1) ?? policy.backoff.jitter
      backoff.finish()
    }
    policy.resetAfter = restart.duration("reset_after") ?? policy.resetAfter
    readSuccess(restart, &policy)
    restart.finish()
    return policy
  }

  /// Exit codes are numbers, signals have names.
  private func readSuccess(_ restart: MappingReader, _ policy: inout RestartPolicy) {
    let key = "success_exit_codes"
    guard let nodes = restart.list(key, of: "exit codes and signals") else { return }
    (policy.successExitCodes, policy.successSignals) = ([], [])
    for node in nodes {
      if case .scalar(let scalar) = node.value, NumberText.integer(scalar.text) == nil, let signal = SignalName.number(of: scalar.text) {
        policy.successSignals.append(signal)
      } else if case .scalar(let scalar) = node.value, scalar.text.first?.isLetter == true {
        let _: Never? = restart.refuse(node, key, "exit codes from 0 to 255 and signals such as SIGTERM")
      } else if let code = restart.integer(node, key, in: 0...255) {
        policy.successExitCodes.append(Int32(code))
      }
    }
  }

  private func readRule(_ restart: MappingReader) -> RestartPolicy.Rule? {
    guard let node = restart.take("policy")?.value else { return nil }
    let rules = RestartPolicy.Rule.allCases
    if case .scalar(let scalar) = node.value, let advice = OtherTools.advice(forPolicy: scalar.text) {
      return restart.refuse(node, "policy", Spelling.alternatives(rules.map(\.rawValue)), advice: advice)
    }
    return restart.choice(node, "policy", of: rules)
  }

  private func readMaxAttempts(_ restart: MappingReader, _ policy: inout RestartPolicy) {
    guard let node = restart.take("max_attempts")?.value else { return }
    if case .scalar(let scalar) = node.value {
      if scalar.text == "unlimited" {
        policy.maxAttempts = nil
        return
      }
      if scalar.isPlain, let number = NumberText.integer(scalar.text), (0...1_000_000).contains(number) {
        policy.maxAttempts = number
        return
      }
    }
    _ = restart.refuse(node, "max_attempts", "a whole number from 0 to 1000000, or unlimited", found: node.foundLiteral) as Void?
  }

  func readStop(_ process: inout ProcessReading) {
    guard let stop = reader.mapping("stop") else { return }
    if let node = stop.take("signal")?.value {
      if case .scalar(let scalar) = node.value, scalar.text == "none" {
        process.stop.isCommandEnough = true
        if stop.present(["command"]).isEmpty { process.lacksCommand = node.mark }
      } else if let number = signal(node, in: stop, "a signal such as TERM, SIGINT or 15, or none") {
        process.stop.signal = number
      }
    }
    process.stop.timeout = stop.duration("timeout") ?? process.stop.timeout
    process.stop.scope = stop.choice("scope", StopPolicy.Scope.self) ?? process.stop.scope
    process.hooks[.stop] = stop.command("command")
    stop.finish()
  }

  func readReload(_ process: inout ProcessReading) {
    guard let entry = reader.take("reload") else { return }
    let reload = reader.mapping(entry)
    var way: ReloadPolicy.Way?
    if let node = reload.take("signal")?.value, let number = signal(node, in: reload, Self.reloadSignal) { way = .signal(number) }
    let command = reload.command("command")
    let check = reload.command("check")
    let timeout = reload.duration("timeout")
    let ways = reload.present(Node.reloadWays)
    if ways.count > 1 {
      context.report(ways[1].keyMark, "\(reload.scope) has both 'signal' and 'command': a reload is asked for by one of them")
    } else if ways.isEmpty, isOwn("reload") {
      context.report(entry.keyMark, "\(reload.scope) asks for nothing: add 'signal', such as HUP, or 'command'")
    }
    reload.finish()
    if command != nil { way = .command }
    guard let way else { return }
    process.hooks[.reload] = command
    process.hooks[.reloadCheck] = check
    process.reload = ReloadPolicy(way, hasCheck: check != nil)
    if let timeout { process.reload?.timeout = timeout }
  }

  private static let reloadSignal = "a signal such as HUP, SIGUSR1 or 12, which a process can handle"

  /// The signal that a node names; nil after a report. KILL and STOP ask for nothing.
  private func signal(_ node: Node, in section: MappingReader, _ expected: String) -> Int32? {
    guard let text = section.text(node, "signal") else { return nil }
    guard let number = SignalName.number(of: text) else {
      return section.refuse(node, "signal", expected, found: node.found + SignalName.hint(for: text))
    }
    return expected == Self.reloadSignal && [9, 19].contains(number) ? section.refuse(node, "signal", expected) : number
  }
}
