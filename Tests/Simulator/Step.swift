// One step of a history: what went into the core, and all that came out.

import Orchestration

/// One call of the core as somebody beside it saw it. A history is a list of these, real or made by hand.
public struct Step: Sendable {
  /// When.
  public var at: Instant
  /// What went in.
  public var input: Input
  /// The chances that were drawn for delays.
  public var draws: [Double]
  /// What came out, in order.
  public var actions: [Action]
  /// The views that the core says have changed.
  public var touched: [ServiceView]
  /// The node after it.
  public var node: Snapshot.Node

  /// What went in.
  public enum Input: Sendable {
    case event(Event)
    case command(Command, Verdict)
    case checkNow(ServiceID, CheckNow)
    /// A beat, a registration or its end.
    case registry(String)
    /// Another service file was put in place, or the same.
    case reload(Reload)
  }

  /// A reload, as somebody beside the core knows it: services by the numbers that last for a whole history.
  public struct Reload: Sendable {
    /// What the file says now. What is not in it does nothing, and what leaves it counts for nothing.
    public var specs: [ServiceSpec]
    /// Those that are taken out and have still to end.
    public var leaving: Set<Int>
    /// Those in the file; nil: as it was.
    public var file: Set<Int>?
    /// Those whose command changed.
    public var restarting: [Int]
    /// Those whose check came or went.
    public var rechecked: [Int]

    /// A reload.
    public init(specs: [ServiceSpec], leaving: Set<Int> = [], file: Set<Int>? = nil, restarting: [Int] = [], rechecked: [Int] = []) {
      self.specs = specs
      self.leaving = leaving
      self.file = file
      self.restarting = restarting
      self.rechecked = rechecked
    }
  }

  /// A step.
  public init(
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
public struct Violation: Error, Sendable, CustomStringConvertible {
  /// Its number in the design.
  public var invariant: Int
  /// What is wrong, where and when.
  public var sentence: String

  /// "invariant 3: …".
  public var description: String {
    "invariant \(invariant): \(sentence)"
  }
}
