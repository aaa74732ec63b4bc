// The columns of the live table: their cells and their order.

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

  /// Least width of the column, which nearly always suffices, so that the width does not change with each cell.
  var usualWidth: Int {
    switch self {
    case .state: 8
    case .health: 9
    case .since: 7
    case .pid: 5
    case .name, .restarts, .load, .memory, .note: 0
    }
  }

  /// The columns that the table can be sorted by.
  static let sortable: [Column] = [.name, .state, .health, .since, .restarts, .load, .memory]

  /// Whether the least comes first, until the order is reversed.
  var beginsWithLeast: Bool {
    switch self {
    case .name, .state, .health, .since, .pid, .note: true
    case .restarts, .load, .memory: false
    }
  }

  /// The columns that a narrow terminal leaves out, in this order.
  static let dispensable: [Column] = [.pid, .restarts, .health]

  /// - Parameter width: The room for a name or a note, which are cut to it; nil: as much as it takes.
  func cell(_ row: ServiceRow, now: Double, width: Int? = nil) -> StyledText {
    switch self {
    case .name: StyledText(width.map { TextWidth.cutInside(row.name, to: $0) } ?? row.name)
    case .state: StyledText(row.status.rawValue, row.shown.style(of: row.status))
    case .health: StyledText(row.shown.word, row.shown.style)
    case .since: StyledText(row.since.map { Age.short(now - $0) } ?? "-")
    case .restarts: StyledText(String(row.restarts), row.restarts > 0 ? .plain : .faint)
    case .load: StyledText(row.load.map(Self.load) ?? "-", row.load == nil ? .faint : .plain)
    case .memory: StyledText(row.memory.map(Self.size) ?? "-", row.memory == nil ? .faint : .plain)
    case .pid: StyledText(row.pid.map { String($0) } ?? "-", row.pid == nil ? .faint : .plain)
    case .note:
      StyledText(
        Note(text: row.note(now: now), root: row.root).fitting(width ?? .max),
        row.status.style == .busy ? .busy : row.status == .failed || row.health == .unhealthy ? .bad : .warning)
    }
  }

  /// Whether `left` comes before `right`: names from A on, trouble from the worst on, ages from the youngest on, numbers from the greatest
  /// on; equal ones by name.
  func precedes(_ left: ServiceRow, _ right: ServiceRow) -> Bool {
    func less<Value: Comparable>(_ a: Value, _ b: Value) -> Bool { a == b ? NaturalOrder.precedes(left.name, right.name) : a < b }
    switch self {
    case .name, .note, .pid: return NaturalOrder.precedes(left.name, right.name)
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
    percent < 9.95 ? Phrase.tenths(percent) : String(Int(min(percent.rounded(), 1e6)))
  }

  /// `640K`, `12M`, `1.5G`.
  static func size(_ bytes: Double) -> String {
    var value = max(0, bytes) / 1024
    var unit = "K"
    for next in ["M", "G", "T"] where value >= 999.5 {
      value /= 1024
      unit = next
    }
    return (unit != "K" && value < 9.95 ? Phrase.tenths(value) : String(Int(min(value.rounded(), 1e6)))) + unit
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
