// What one simulated history is made of: services, how they behave, and what is asked when. Everything that shrinking can take away.

import Orchestration

/// The whole input of a simulation: with the same scenario the same history follows, event by event.
package struct Scenario: Sendable {
  /// Seeds the world's chances and the order of what happens at once.
  package var seed: UInt64
  /// The services; dependencies are named by `Part.identity`, so that parts can be taken away.
  package var parts: [Part]
  /// What is asked from outside, in order of time.
  package var inputs: [Input]
  /// From here on nothing goes wrong any more.
  package var calm: Instant
  /// The end of the history.
  package var end: Instant
  /// The most checks that were asked for and are under way at a time.
  package var checksAtOnce = 64

  /// One service.
  package struct Part: Sendable {
    /// Stays the same when other parts are taken away.
    package var identity: Int
    /// The service; its dependencies' ids are identities.
    package var spec: ServiceSpec
    /// How it behaves.
    package var behaviour: Behaviour
    /// It is not in the file at the beginning.
    package var isLater = false
  }

  /// How a service behaves while things go wrong.
  package struct Behaviour: Sendable {
    var spawnFails = 0
    var spawnTime: ClosedRange<Int> = 1...20
    /// Percent of runs that die by themselves, within this many milliseconds.
    var dies = 0
    var life: ClosedRange<Int> = 10...60_000
    var exitsCleanly = 0
    var isDeaf = 0
    var isImmortal = 0
    var leavesMembers = 0
    /// Percent of hooks that fail, and how long they take.
    var hookFails = 0
    var hookTime: ClosedRange<Int> = 1...100
    /// Percent of runs that never say that they are ready; when the others do.
    var staysUnready = 0
    var readyAfter: ClosedRange<Int> = 1...2000
    /// Percent of the signs of life that are left out.
    var missesWatchdog = 0
    /// Percent of runs that ask for more time once.
    var asksForTime = 0
    var checkFails = 0
    var checkTime: ClosedRange<Int> = 1...50
    /// Percent of cancelled checks that answer all the same.
    var answersLate = 30
    var missesBeats = 0
    /// Until a run's checks can pass.
    var warmUp = 0
  }

  /// Something asked from outside.
  package struct Input: Sendable {
    /// When.
    package var at: Instant
    /// What.
    package var request: Request
  }

  /// What can be asked; services by their identity.
  package enum Request: Sendable {
    case boot
    case start(Int, force: Bool)
    case stop(Int, Command.StopMode)
    case restart(Int, force: Bool)
    case checkNow(Int)
    case beat(Int, RegistryEntry.Status?)
    case register(String, seconds: Int)
    case beatRegistered(String)
    case deregister(String)
    case reload(Revision)
    case shutdown
    case killAll
  }

  /// The specs with dependencies by position; edges to parts that were taken away are gone.
  package var services: [ServiceSpec] {
    var positions: [Int: Int] = [:]
    for (position, part) in parts.enumerated() { positions[part.identity] = position }
    return parts.map { part in
      var spec = part.spec
      spec.dependencies = spec.dependencies.compactMap { edge in
        positions[edge.service.index].map {
          Dependency(ServiceID($0), condition: edge.condition, isOptional: edge.isOptional, onRestart: edge.onRestart)
        }
      }
      return spec
    }
  }

  /// The position of a part, if it is still there.
  func position(of identity: Int) -> Int? {
    parts.firstIndex { $0.identity == identity }
  }
}
