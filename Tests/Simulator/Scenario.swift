// The input of one simulated history: services, their behaviour, and requests. Shrinking can remove each of them.

import Orchestration

/// The whole input of a simulation: with the same scenario the same history follows, event by event.
package struct Scenario: Sendable {
  /// The seed of the world's draws and of the order of simultaneous events.
  package var seed: UInt64
  /// The services; dependencies are named by `Part.identity`, so that parts can be removed.
  package var parts: [Part]
  /// The requests from outside, in order of time.
  package var inputs: [Input]
  /// The end of all faults.
  package var calm: Instant
  /// The end of the history.
  package var end: Instant
  /// The largest number of requested checks in flight at a time.
  package var checksAtOnce = 64
  /// The times in which the supervisor does not run, in order.
  package var absences: [ClosedRange<Instant>] = []
  /// The conditions under which everything is stopped without a request.
  package var exits = ExitPolicy()

  /// One service.
  package struct Part: Sendable {
    /// The identity, which stays when other parts are removed.
    package var identity: Int
    /// The service; its dependencies' ids are identities.
    package var spec: ServiceSpec
    /// Its behaviour.
    package var behaviour: Behaviour
    /// Whether it is not in the file at the beginning.
    package var isLater = false
  }

  /// The behaviour of a service until the end of all faults; numbers without a unit are percentages.
  package struct Behaviour: Sendable {
    var spawnFails = 0
    var spawnTime: ClosedRange<Int> = 1...20
    /// Percentage of runs that end by themselves, and the milliseconds until then.
    var dies = 0
    var life: ClosedRange<Int> = 10...60_000
    var exitsCleanly = 0
    var isDeaf = 0
    var isImmortal = 0
    var leavesMembers = 0
    /// Percentage of hooks that fail, and the milliseconds that hooks take.
    var hookFails = 0
    var hookTime: ClosedRange<Int> = 1...100
    /// Percentage of runs that never report that they are ready, and the milliseconds until the others do.
    var staysUnready = 0
    var readyAfter: ClosedRange<Int> = 1...2000
    /// Percentage of missing signs of life.
    var missesWatchdog = 0
    /// Percentage of runs that ask for more time once.
    var asksForTime = 0
    var checkFails = 0
    var checkTime: ClosedRange<Int> = 1...50
    /// Percentage of cancelled checks that still answer.
    var answersLate = 30
    var missesBeats = 0
    /// Milliseconds until a run's checks can pass.
    var warmUp = 0
  }

  /// A request from outside.
  package struct Input: Sendable {
    /// The moment.
    package var at: Instant
    /// The request.
    package var request: Request
  }

  /// The kinds of requests; services by their identity.
  package enum Request: Sendable {
    case boot
    case start(Int, force: Bool)
    case stop(Int, Command.StopMode)
    case restart(Int, force: Bool)
    case reloadService(Int)
    case signal(Int, Int32, StopPolicy.Scope)
    case checkNow(Int)
    case beat(Int, RegistryEntry.Status?)
    case register(String, seconds: Int)
    case beatRegistered(String)
    case deregister(String)
    case reload(Revision)
    case startAll
    case stopAll
    case restartAll
    case shutdown
    case killAll
  }

  /// The specs with dependencies by position, without edges to removed parts.
  package var services: [ServiceSpec] {
    var positions: [Int: Int] = [:]
    for (position, part) in parts.enumerated() { positions[part.identity] = position }
    return parts.map { part in
      var spec = part.spec
      spec.dependencies = spec.dependencies.compactMap { edge in
        positions[edge.service.index].map { edge.to(ServiceID($0)) }
      }
      return spec
    }
  }

  /// The position of a part, if it was not removed.
  func position(of identity: Int) -> Int? {
    parts.firstIndex { $0.identity == identity }
  }
}

extension Dependency {
  /// The same edge to a service by another number.
  func to(_ service: ServiceID) -> Dependency {
    var edge = self
    edge.service = service
    return edge
  }
}
