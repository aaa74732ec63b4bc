// One step of a history: an input of the core, and all its outputs.

import Orchestration

/// One call of the core as an observer sees it. A history is a list of steps, real or made by hand.
package struct Step: Sendable {
  /// The moment.
  package var at: Instant
  /// The input.
  package var input: Input
  /// The random numbers that were drawn for delays.
  package var draws: [Double]
  /// The actions, in order.
  package var actions: [Action]
  /// The views that the core reports as changed.
  package var touched: [ServiceView]
  /// The node after the step.
  package var node: Snapshot.Node

  /// The input of a step.
  package enum Input: Sendable {
    case event(Event)
    case command(Command, CommandAnswer)
    case checkNow(ServiceID, CheckNowAnswer)
    /// A beat, a registration or a deregistration.
    case registry(String)
    /// A reload of the same or another file.
    case reload(Reload)
  }

  /// A reload, as an observer sees it: services by their slots.
  package struct Reload: Sendable {
    /// The services of the file. A part that is not in it does nothing, and a part that leaves it counts for nothing.
    package var specs: [ServiceSpec]
    /// The parts that are taken out and have still to end.
    package var leaving: Set<Int>
    /// The parts in the file; nil: unchanged.
    package var file: Set<Int>?
    /// The parts whose command changed.
    package var restarting: [Int]
    /// The parts whose check was added or removed.
    package var rechecked: [Int]

    /// A reload.
    package init(specs: [ServiceSpec], leaving: Set<Int> = [], file: Set<Int>? = nil, restarting: [Int] = [], rechecked: [Int] = []) {
      self.specs = specs
      self.leaving = leaving
      self.file = file
      self.restarting = restarting
      self.rechecked = rechecked
    }
  }

  /// A step.
  package init(
    at: Instant, input: Input, draws: [Double] = [], actions: [Action] = [], touched: [ServiceView] = [],
    node: Snapshot.Node = Snapshot.Node()
  ) {
    self.at = at
    self.input = input
    self.draws = draws
    self.actions = actions
    self.touched = touched
    self.node = node
  }
}

/// A broken invariant.
package struct Violation: Error, Sendable, CustomStringConvertible {
  /// The number of the invariant in the design.
  package var invariant: Int
  /// A sentence with the fault, the service and the time.
  package var sentence: String

  /// "invariant 3: …".
  package var description: String {
    "invariant \(invariant): \(sentence)"
  }
}
