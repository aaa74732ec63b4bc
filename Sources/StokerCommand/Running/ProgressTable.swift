// The live table of `run` during its start and its stop: a line for each service, and the progress of all.

import Orchestration
import Stoker

struct ProgressTable {
  enum Phase: Sendable, Equatable {
    case starting, stopping
  }

  /// More lines than this are not readable while they change.
  private static let bound = 40

  /// The table for a terminal of this size.
  static func lines(_ overview: Overview, _ phase: Phase, size: TerminalSize) -> [StyledText] {
    let services = overview.services.filter { $0.isEnabled || $0.status != .stopped }
    // A table as tall as the terminal could not be redrawn in place.
    guard size.rows >= 6 else { return [progress(services, overview.awaited, phase).cut(to: size.columns - 1)] }
    let room = min(bound, size.rows - 3)
    let shown = pick(services, phase, atMost: room)
    let names = shown.reduce(4) { max($0, TextWidth.of($1.name)) }
    let bound = max(8, size.columns / 3)
    let states = shown.reduce(7) { max($0, $1.status.rawValue.count) }
    let ages = shown.reduce(2) { max($0, age($1).count) }
    var lines = shown.map { service in
      let mark = mark(service)
      var line = StyledText(" \(mark.text) ", mark.style)
      line.append(TextWidth.padded(TextWidth.cutInside(service.name, to: bound), to: min(names, bound)))
      line.append("  ")
      line.append(TextWidth.padded(service.status.rawValue, to: states), health(service).style(of: service.status))
      line.append("  \(TextWidth.padded(age(service), to: ages, atRight: true))", .faint)
      if let reason = reason(service) { line.append("  \(reason)", service.status == .failed ? .bad : .plain) }
      return line
    }
    if shown.count < services.count { lines.append(StyledText(" … and \(rest(services, shown))", .faint)) }
    lines.append(StyledText(" ") + progress(services, overview.awaited, phase))
    return lines.map { $0.cut(to: size.columns - 1) }
  }

  /// All services in the file's order; where they are too many, first the failed ones and those that are not up yet.
  private static func pick(_ services: [Overview.Service], _ phase: Phase, atMost count: Int) -> [Overview.Service] {
    guard services.count > count else { return services }
    let ranked = services.enumerated().sorted { left, right in
      let (a, b) = (rank(left.element, phase), rank(right.element, phase))
      return a == b ? left.offset < right.offset : a < b
    }
    return ranked.prefix(count).map(\.element)
  }

  private static func rank(_ service: Overview.Service, _ phase: Phase) -> Int {
    switch (service.status, phase) {
    case (.failed, _): 0
    case (.backoff, _): 1
    case (.stopping, _): 2
    case (.starting, _): 3
    case (.running, .stopping): 4
    case (.waiting, _): 5
    case (.running, .starting): 6
    case (.completed, _), (.stopped, _): 7
    }
  }

  private static func rest(_ services: [Overview.Service], _ shown: [Overview.Service]) -> String {
    let names = Set(shown.map(\.name))
    let hidden = services.filter { !names.contains($0.name) }
    return Status.allCases.compactMap { status in
      let count = hidden.count { $0.status == status }
      return count > 0 ? "\(count) more \(status.rawValue)" : nil
    }.joined(separator: ", ")
  }

  private static func mark(_ service: Overview.Service) -> (text: String, style: TextStyle) {
    switch service.status {
    case .failed: ("✖", .bad)
    case .backoff: ("↻", .warning)
    case .waiting: ("…", .busy)
    case .starting: ("▲", .busy)
    case .stopping: ("▼", .busy)
    case .running:
      ("●", service.health == .unhealthy ? .bad : service.health == .degraded ? .warning : health(service).style(of: .running))
    case .completed: ("✓", .good)
    case .stopped: ("○", .faint)
    }
  }

  private static func health(_ service: Overview.Service) -> ShownHealth {
    ShownHealth(health: service.health, isChecked: service.isChecked || service.status == .completed)
  }

  private static func age(_ service: Overview.Service) -> String {
    let (seconds, attoseconds) = service.age.components
    let value = max(0, Double(seconds) + Double(attoseconds) / 1e18)
    return value < 10 ? "\(Phrase.tenths(value))s" : Age.short(value)
  }

  private static func reason(_ service: Overview.Service) -> String? {
    let note = service.note.isEmpty ? nil : service.note
    switch service.status {
    case .backoff:
      let next = service.untilNextAttempt.map { "restarts \(Age.until($0 / .seconds(1)))" }
      return [next, note].compactMap(\.self).joined(separator: ": ")
    case .running: return note ?? (service.isExternal ? "external" : service.health == .healthy ? health(service).word : nil)
    case .waiting, .failed, .starting, .stopping, .stopped, .completed: return note
    }
  }

  /// `7 of 10 run; waits for dao`
  private static func progress(_ services: [Overview.Service], _ roots: [String], _ phase: Phase) -> StyledText {
    func names(_ isMeant: (Overview.Service) -> Bool) -> [String] { services.filter(isMeant).map(\.name) }
    let count = services.count
    switch phase {
    case .starting:
      let up = services.count { $0.status == .running || $0.status == .completed }
      var line = StyledText("\(up) of \(count) \(up == 1 ? "runs" : "run")", up == count ? .good : .strong)
      let failed = services.count { $0.status == .failed }
      if failed > 0 { line.append(", \(failed) failed", .bad) }
      // Services that are starting themselves are the ones that the waiting services wait for.
      let pending = names { $0.status == .starting || $0.status == .backoff }
      let awaited = pending.isEmpty ? roots : pending
      if !awaited.isEmpty { line.append("; waits for \(Phrase.list(awaited))") }
      return line
    case .stopping:
      let down = services.count { [.stopped, .completed, .failed].contains($0.status) }
      var line = StyledText("\(down) of \(count) stopped", down == count ? .good : .strong)
      let pending = names { $0.status == .stopping }
      if !pending.isEmpty { line.append("; waits for \(Phrase.list(pending))") }
      if down < count { line.append(" (Ctrl-C kills at once)", .faint) }
      return line
    }
  }
}
