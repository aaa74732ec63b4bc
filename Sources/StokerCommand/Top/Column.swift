// The columns of the live table: what stands in them, and how they are sorted.

import Orchestration

enum Column: CaseIterable, Sendable {
  case name, state, health, since, restarts, load, memory, pid, note

  var title: String {
    switch self {
    case .name: "NAME"
    case .state: "STATE"
    case .health: "HEALTH"
    case .since: "SINCE"
    case .restarts: "RESTARTS"
    case .load: "CPU%"
    case .memory: "MEM"
    case .pid: "PID"
    case .note: "NOTE"
    }
  }

  var isAtRight: Bool {
    switch self {
    case .since, .restarts, .load, .memory, .pid: true
    case .name, .state, .health, .note: false
    }
  }

  /// What is nearly always wide enough: so wide the column is at least, and does not change its width with each change.
  var usualWidth: Int {
    switch self {
    case .state: 8
    case .health: 9
    case .since: 7
    case .pid: 5
    case .name, .restarts, .load, .memory, .note: 0
    }
  }

  /// Those that the table can be sorted by.
  static let sortable: [Column] = [.name, .state, .health, .since, .restarts, .load, .memory]

  /// Whether what is least comes first, as it does until somebody reverses it.
  var beginsWithLeast: Bool {
    switch self {
    case .name, .state, .health, .since, .pid, .note: true
    case .restarts, .load, .memory: false
    }
  }

  /// Left out in this order where the terminal is narrow.
  static let dispensable: [Column] = [.pid, .restarts, .health]

  func cell(_ row: ServiceRow, now: Double) -> StyledText {
    switch self {
    case .name: StyledText(row.name)
    case .state: StyledText(row.status.rawValue, row.status.ink)
    case .health: StyledText(row.health.rawValue, row.health.ink)
    case .since: StyledText(row.since.map { Age.short(now - $0) } ?? "-")
    case .restarts: StyledText(String(row.restarts), row.restarts > 0 ? .plain : .faint)
    case .load: StyledText(row.load.map(Self.load) ?? "-", row.load == nil ? .faint : .plain)
    case .memory: StyledText(row.memory.map(Self.size) ?? "-", row.memory == nil ? .faint : .plain)
    case .pid: StyledText(row.pid.map { String($0) } ?? "-", row.pid == nil ? .faint : .plain)
    case .note: StyledText(row.note(now: now), row.status == .failed || row.health == .unhealthy ? .bad : .warning)
    }
  }

  /// Whether `left` comes before `right`: by name from A on, by trouble from the worst on, by age from the youngest on, by numbers from the
  /// greatest on; those that are equal by name.
  func precedes(_ left: ServiceRow, _ right: ServiceRow) -> Bool {
    func less<Value: Comparable>(_ a: Value, _ b: Value) -> Bool { a == b ? left.name < right.name : a < b }
    switch self {
    case .name, .note, .pid: return left.name < right.name
    case .state: return less(left.rank, right.rank)
    case .health: return less(left.health.rank, right.health.rank)
    case .since: return less(-(left.since ?? 0), -(right.since ?? 0))
    case .restarts: return less(-left.restarts, -right.restarts)
    case .load: return less(-(left.load ?? -1), -(right.load ?? -1))
    case .memory: return less(-(left.memory ?? -1), -(right.memory ?? -1))
    }
  }

  /// `0.3`, `12`, `250`: in percent of one processor.
  static func load(_ percent: Double) -> String {
    percent < 9.95 ? tenths(percent) : String(Int(min(percent.rounded(), 1e6)))
  }

  /// `640K`, `12M`, `1.5G`.
  static func size(_ bytes: Double) -> String {
    var value = max(0, bytes) / 1024
    var unit = "K"
    for next in ["M", "G", "T"] where value >= 999.5 {
      value /= 1024
      unit = next
    }
    return (unit != "K" && value < 9.95 ? tenths(value) : String(Int(min(value.rounded(), 1e6)))) + unit
  }

  static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension Orchestration.Health {
  fileprivate var rank: Int {
    switch self {
    case .unhealthy: 0
    case .degraded: 1
    case .unknown: 2
    case .healthy: 3
    }
  }
}
