// Keys of the format whose work is not done yet: read, so that a wrong type is said, and then refused rather than ignored.

extension ServiceReader {
  func readLaterWork() {
    for key in ["user", "group"] {
      refuseLater(key) { reader.text($0.value, key, allowsEmpty: false) != nil }
    }
    refuseLater("umask") { entry in
      guard let text = reader.text(entry.value, "umask") else { return false }
      guard (1...4).contains(text.utf8.count), let mask = UInt32(text, radix: 8), mask <= 0o777 else {
        return reader.refuse(entry.value, "umask", "three octal digits such as \"027\"") ?? false
      }
      return true
    }
    refuseLater("nice") { reader.integer($0.value, "nice", in: -20...19) != nil }
    refuseLater("oom_score_adj") { reader.integer($0.value, "oom_score_adj", in: -1000...1000) != nil }
    if reader.flag("no_new_privileges") == true { reader.notSupported(reader.present(["no_new_privileges"]).first) }
    refuseLater("limits", readLimits)
    refuseLater("hooks", readHooks)
    refuseLater("ready", readReadiness)
    if reader.duration("watchdog") != nil { reader.notSupported(reader.present(["watchdog"]).first) }
  }

  /// Refuses a key unless something is wrong with its value, which has been said then.
  private func refuseLater(_ key: String, _ isWellFormed: (Node.Entry) -> Bool) {
    if let entry = reader.take(key), isWellFormed(entry) { reader.notSupported(entry) }
  }

  private func readLimits(_ entry: Node.Entry) -> Bool {
    let limits = reader.mapping(entry)
    _ = limits.integer("nofile", in: 1...Int.max)
    _ = limits.size("core", atLeast: 0)
    _ = limits.size("memory")
    _ = limits.integer("tasks", in: 1...Int.max)
    _ = limits.number("cpu", in: 0.001...100_000)
    limits.finish()
    return !isEmpty(entry)
  }

  private func readHooks(_ entry: Node.Entry) -> Bool {
    let hooks = reader.mapping(entry)
    for key in ["pre_start", "post_start", "pre_stop", "post_stop"] { _ = hooks.command(key) }
    hooks.finish()
    return !isEmpty(entry)
  }

  private func readReadiness(_ entry: Node.Entry) -> Bool {
    let ready = reader.mapping(entry)
    _ = ready.choice("notify", Notification.self)
    _ = ready.pattern("log")
    _ = ready.duration("timeout")
    if ready.present(["notify", "log"]).count > 1 {
      context.report(
        ready.present(["notify", "log"])[1].keyMark, "\(ready.scope) has both 'notify' and 'log': a start is done by one of them")
    }
    ready.finish()
    return !isEmpty(entry)
  }

  /// An empty mapping asks for nothing.
  private func isEmpty(_ entry: Node.Entry) -> Bool {
    entry.value.entries?.isEmpty ?? true
  }

  private enum Notification: String, CaseIterable {
    case systemd, s6
  }
}
