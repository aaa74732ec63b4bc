// The reader of `stoker.exit_when` (rule 90).

import Orchestration

/// The conditions of `stoker.exit_when`, with their place: whether one can come about is known after the services.
struct ExitReader {
  /// The conditions.
  let conditions: Set<ExitCondition>
  private let mark: Mark

  /// Reads the key, a word or a list of words; nil if it is absent.
  init?(_ reader: MappingReader) {
    guard let entry = reader.take("exit_when") else { return nil }
    let nodes = if case .sequence(let elements) = entry.value.value { elements } else { [entry.value] }
    conditions = Set(nodes.compactMap { reader.choice($0, "exit_when", of: ExitCondition.allCases) })
    mark = entry.value.mark
  }

  /// Reports conditions that no service of the file can bring about.
  func check(_ services: [ServiceSpec], _ context: ReadingContext) {
    if conditions.contains(.completed), !services.contains(where: { $0.isEnabled && $0.isMeantToComplete }) {
      context.report(mark, "'stoker.exit_when: completed' waits for oneshots, and no enabled service has 'kind: oneshot'")
    }
    if conditions.contains(.failed), !services.contains(where: { $0.isCritical && $0.kind != .external }) {
      context.report(
        mark, "'stoker.exit_when: failed' waits for the failure of a critical service, and every service has 'critical: false'")
    }
  }
}
