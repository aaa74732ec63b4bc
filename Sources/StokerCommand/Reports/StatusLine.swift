// The lines of the table of `stoker status`: services, and sections that have instances (rule 89).

import Orchestration
import Stoker

/// One line: a service, or a section with the sums of its instances, which follow where they differ.
enum StatusLine {
  case service(JSON.Member, isIndented: Bool)
  case section(String, Instances)

  /// From this number on, only the instances that differ from most are listed.
  private static let most = 5

  /// The lines of all services, in their order. The instances of a section follow its line, unless they are many and alike; the only section
  /// of an answer was asked for, and is shown in full.
  static func all(of services: [JSON.Member]) -> [StatusLine] {
    var lines: [StatusLine] = []
    var position = 0
    while position < services.count {
      let section = services[position].value["section"]?.string
      let end = services[position...].firstIndex { $0.value["section"]?.string != section } ?? services.count
      guard let section else {
        lines.append(.service(services[position], isIndented: false))
        position += 1
        continue
      }
      let instances = Instances(members: services[position..<end])
      lines.append(.section(section, instances))
      let listed = end - position <= most || end - position == services.count ? Array(services[position..<end]) : instances.different
      lines += listed.map { .service($0, isIndented: true) }
      position = end
    }
    return lines
  }

  /// The health that it shows; of a section the worst.
  var health: ShownHealth {
    switch self {
    case .service(let member, _): ShownHealth(member.value)
    case .section(_, let instances): instances.health
    }
  }

  /// The instances of one section.
  struct Instances {
    let members: ArraySlice<JSON.Member>

    private var statuses: [String] { members.compactMap { $0.value["status"]?.string } }

    /// `3/4`: those that run, of all.
    var running: String { "\(statuses.count { $0 == Status.running.rawValue })/\(members.count)" }

    /// `3 running, 1 backoff`
    var sums: String { StatusTable.sum(statuses, order: Status.allCases.map(\.rawValue)) }

    var restarts: Int { members.reduce(0) { $0 + Int($1.value["restart_count"]?.number ?? 0) } }

    var health: ShownHealth {
      let shown = members.map { ShownHealth($0.value) }
      return [Health.unhealthy, .degraded, .unknown, .healthy].lazy.compactMap { health in shown.first { $0.health == health } }.first
        ?? ShownHealth(health: .unknown, isChecked: true)
    }

    /// Those whose state, health and note are not those of most.
    var different: [JSON.Member] {
      func look(_ member: JSON.Member) -> String {
        [member.value["status"]?.string, ShownHealth(member.value).word, member.value["note"]?.string].map { $0 ?? "" }.joined(
          separator: "\n")
      }
      let looks = members.map(look)
      let counts = Dictionary(looks.map { ($0, 1) }, uniquingKeysWith: +)
      let usual = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      return zip(members, looks).filter { $1 != usual }.map(\.0)
    }
  }
}
