// Histories made by hand, with faults for the checker to find.

import Simulator
import Testing

@testable import Orchestration

/// Writes a history by hand: the outputs of a core, right or wrong.
struct Forgery {
  var checker: Checker
  var views: [ServiceView.Values]
  var node = Snapshot.Node()
  private var sequence: UInt64 = 0
  private var now = moment(0)

  init(_ specs: [ServiceSpec]) {
    checker = Checker(specs, at: now)
    views = specs.map { _ in ServiceView.Values() }
  }

  mutating func pass(_ seconds: Double) {
    now = now + .seconds(seconds)
  }

  mutating func read(_ input: Step.Input, _ actions: [Action], touching: [Int] = [], draws: [Double] = []) throws {
    let touched = touching.map { ServiceView(id: ServiceID($0), values: views[$0]) }
    try checker.read(Step(at: now, input: input, draws: draws, actions: actions, touched: touched, node: node))
  }

  mutating func change(_ what: Change.What, _ cause: Cause = .spawned) -> Action {
    sequence += 1
    return .changed(Change(sequence: sequence, at: now, what: what, cause: cause))
  }

  mutating func status(_ index: Int, _ to: Status, _ cause: Cause = .spawned, run: UInt64 = 1) -> Action {
    let from = views[index].status
    views[index].timeInState[from] += UInt64((now - views[index].since).inSeconds * 1e9)
    views[index].state = .forged(to, at: now)
    views[index].since = now
    return change(.status(ServiceID(index), from: from, to: to, run: run), cause)
  }

  mutating func health(_ index: Int, _ to: Health, _ cause: Cause = .spawned) -> Action {
    let from = views[index].health
    views[index].health = to
    return change(.health(ServiceID(index), from: from, to: to), cause)
  }

  /// Adds an accepted command. No service is critical here, so the node is ready from the boot to the full stop.
  mutating func command(_ command: Command, _ actions: [Action] = []) throws {
    var actions = actions
    if command == .boot || command == .shutdown {
      node.isReady = command == .boot
      actions.append(change(.ready(node.isReady)))
    }
    try read(.command(command, accepted), actions)
  }

  /// Adds a right boot: all services of the file are wanted, and the node's values follow from them.
  mutating func boot() throws {
    try command(.boot)
    for index in views.indices { views[index].isDesiredUp = true }
  }

  /// Adds a boot and one run of service 0, right or wrong.
  mutating func up(_ index: Int, run: UInt64 = 1) throws {
    let id = ServiceID(index)
    try read(.event(.wake), [status(index, .starting, run: run), .spawn(id, run: run)])
    try read(.event(.spawned(id, run: run)), [status(index, .running, run: run)])
  }
}

extension ServiceState {
  /// A state of this status; its data is empty, except for the time of the next attempt.
  static func forged(_ status: Status, at now: Instant, nextAttempt: Instant? = nil) -> ServiceState {
    switch status {
    case .stopped: .stopped
    case .waiting: .waiting(Waiting(start: .first))
    case .starting: .starting(Starting(since: now, phase: .spawning, deadline: now))
    case .running: .running
    case .backoff: .backoff(until: nextAttempt ?? now, delay: .zero, after: .exit(.unknown))
    case .stopping: .stopping(Stopping(began: now, phase: .asked(killAt: now), isSpawned: true, next: .rest))
    case .completed: .completed
    case .failed: .failed(byLimit: false)
    }
  }
}

/// The invariant that a history of these services breaks; nil: none.
func broken(_ specs: [ServiceSpec], by tell: (inout Forgery) throws -> Void) -> Int? {
  var forgery = Forgery(specs.map { spec in spec.with { $0.isCritical = false } })
  do {
    try tell(&forgery)
    return nil
  } catch let violation as Violation {
    return violation.invariant
  } catch {
    Issue.record("\(error)")
    return nil
  }
}
