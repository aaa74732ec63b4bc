// Attributes of a service's process: user and group, masks, priorities, limits.
import Addresses
import Orchestration

extension ServiceReader {
  func readSetup() -> SetupSection {
    let hasTerminal = reader.flag("tty") ?? false
    let input = reader.choice("stdin", SetupSection.Input.self) ?? .empty
    if hasTerminal, input == .empty, let entry = ownEntry(["stdin"]) {
      context.report(entry.value.mark, "\(reader.scope.name("stdin")) cannot be empty with 'tty: true': a terminal has no end")
    }
    return SetupSection(
      user: readAccount("user"), group: readAccount("group"), umask: readMask(),
      nice: reader.integer("nice", in: -20...19).map(Int32.init),
      oomScoreAdjustment: reader.integer("oom_score_adj", in: -1000...1000).map(Int32.init),
      noNewPrivileges: reader.flag("no_new_privileges") ?? false, input: hasTerminal ? .keepOpen : input, hasTerminal: hasTerminal,
      limits: readLimits())
  }

  private func readAccount(_ key: String) -> String? {
    guard let node = reader.take(key)?.value, let text = reader.text(node, key, allowsEmpty: false) else { return nil }
    return AccountText.isWellFormed(text) ? text : reader.refuse(node, key, "a \(key)'s name or number")
  }

  /// The mask, octal with or without quotes: nobody writes a mask in another way.
  private func readMask() -> UInt32? {
    guard let node = reader.take("umask")?.value, let text = reader.text(node, "umask") else { return nil }
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isDigit), let mask = UInt32(text, radix: 8), mask <= 0o777
    else { return reader.refuse(node, "umask", "three octal digits such as \"027\"") }
    return mask
  }

  private func readLimits() -> LimitsSection {
    guard let limits = reader.mapping("limits") else { return LimitsSection() }
    let section = LimitsSection(
      descriptors: limits.integer("nofile", in: 1...Int.max).map(UInt64.init), core: limits.size("core", atLeast: 0),
      // Less than a page cannot be meant: the unit was forgotten.
      memory: limits.size("memory", atLeast: 4096), tasks: limits.integer("tasks", in: 1...Int.max).map(UInt64.init),
      cpu: limits.number("cpu", in: 0.001...100_000))
    limits.finish()
    return section
  }
}
