// One step of a history: what went into the core, and all that came out.

import Orchestration

/// One call of the core as somebody beside it saw it. A history is a list of these, real or made by hand.
package struct Step: Sendable {
  /// When.
  package var at: Instant
  /// What went in.
  package var input: Input
  /// The chances that were drawn for delays.
  package var draws: [Double]
  /// What came out, in order.
  package var actions: [Action]
  /// The views that the core says have changed.
  package var touched: [ServiceView]
  /// The node after it.
  package var node: Snapshot.Node

  /// What went in.
  package enum Input: Sendable {
    case event(Event)
    case command(Command, Verdict)
    case checkNow(ServiceID, CheckNow)
    /// A beat, a registration or its end.
    case registry(String)
    /// Another service file was put in place, or the same.
    case reload(Reload)
  }

  /// A reload, as somebody beside the core knows it: services by the numbers that last for a whole history.
  package struct Reload: Sendable {
    /// What the file says now. What is not in it does nothing, and what leaves it counts for nothing.
    package var specs: [ServiceSpec]
    /// Those that are taken out and have still to end.
    package var leaving: Set<Int>
    /// Those in the file; nil: as it was.
    package var file: Set<Int>?
    /// Those whose command changed.
    package var restarting: [Int]
    /// Those whose check came or went.
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
  /// Its number in the design.
  package var invariant: Int
  /// What is wrong, where and when.
  package var sentence: String

  /// "invariant 3: …".
  package var description: String {
    "invariant \(invariant): \(sentence)"
  }
}
