// The report of a failing seed.

import Orchestration

/// The result of one seed.
package struct Trial: Sendable {
  /// The number of calls of the core.
  package var steps: Int
  /// The fingerprint of the history.
  package var hash: UInt64
  /// Nil if every invariant holds; else a text with the shrunk history. The seed replays exactly.
  package var failure: String?

  /// Runs a seed.
  /// - Parameter checksAtOnce: The largest number of requested checks in flight at a time; with a small number they
  /// wait for each other.
  /// - Parameter isAbsent: Whether the supervisor does not run for a while, again and again.
  /// - Parameter ends: Whether everything may end without a request, and commands concern all services at once.
  /// - Parameter reloads: Whether services are reloaded and get signals.
  /// - Parameters:
  ///   - hasGroups: Whether some dependencies are in groups.
  ///   - awaitsEnds: Whether some dependencies are waited for until they have ended.
  package init(
    seed: UInt64, checksAtOnce: Int = 64, isAbsent: Bool = false, ends: Bool = false, reloads: Bool = false, hasGroups: Bool = false,
    awaitsEnds: Bool = false
  ) {
    var scenario = Scenario(seed: seed)
    scenario.checksAtOnce = checksAtOnce
    if isAbsent { scenario.addAbsences() }
    if ends { scenario.addEnds() }
    if reloads { scenario.addReloads() }
    if hasGroups { scenario.addGroups() }
    if awaitsEnds { scenario.awaitEnds() }
    let outcome = simulate(scenario)
    steps = outcome.steps
    hash = outcome.hash
    failure = outcome.violation.map { Self.report(seed, scenario, $0) }
  }

  private static func report(_ seed: UInt64, _ scenario: Scenario, _ violation: Violation) -> String {
    let small = scenario.shrunk()
    let outcome = simulate(small, tells: true)
    let head = ["seed \(seed): \(violation)", "shrunk to \(small.parts.count) services and \(small.inputs.count) inputs:"]
    let tail = outcome.violation.map { ["=> \($0)"] } ?? []
    return (head + small.summary + outcome.lines.suffix(400) + tail).joined(separator: "\n")
  }
}
