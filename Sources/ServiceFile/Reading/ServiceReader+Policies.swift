// The policies of a service: restart and stop.
import Orchestration

extension ServiceReader {
  func readRestart(_ defaults: RestartPolicy) -> RestartPolicy {
    var policy = defaults
    guard let restart = reader.mapping("restart") else { return policy }
    policy.rule = restart.choice("policy", RestartPolicy.Rule.self) ?? policy.rule
    readMaxAttempts(restart, &policy)
    if let backoff = restart.mapping("backoff") {
      policy.backoff.base = backoff.duration("base", allowsZero: true) ?? policy.backoff.base
      policy.backoff.factor = backoff.number("factor", in: 1...1000) ?? policy.backoff.factor
      policy.backoff.max = backoff.duration("max", allowsZero: true) ?? policy.backoff.max
      policy.backoff.jitter = backoff.number("jitter", in: 0...1) ?? policy.backoff.jitter
      backoff.finish()
    }
    policy.resetAfter = restart.duration("reset_after") ?? policy.resetAfter
    if let codes = restart.list("success_exit_codes", of: "exit codes") {
      policy.successExitCodes = codes.compactMap { restart.integer($0, "success_exit_codes", in: 0...255).map(Int32.init) }
    }
    restart.finish()
    return policy
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
    if let node = stop.take("signal")?.value, let text = stop.text(node, "signal") {
      if let number = SignalName.number(of: text) {
        process.stop.signal = number
      } else {
        _ = stop.refuse(node, "signal", "a signal such as TERM, SIGINT or 15", found: node.found + SignalName.hint(for: text)) as Void?
      }
    }
    process.stop.timeout = stop.duration("timeout") ?? process.stop.timeout
    process.stop.scope = stop.choice("scope", StopPolicy.Scope.self) ?? process.stop.scope
    process.hooks[.stop] = stop.command("command")
    stop.finish()
  }
}
