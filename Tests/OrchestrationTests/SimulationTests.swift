// The simulator over many seeds; one seed gives one history.

import Simulator
import Testing

/// Between two histories others have their turn: the tests share a few threads, and some of them watch a clock.
@Suite("Simulation")
struct SimulationTests {
  /// The fingerprints change only in a commit that changes decisions of the core and states that.
  @Test(
    "every invariant holds after every event of a thousand random histories, whose fingerprints did not change",
    arguments: [
      (first: UInt64(1), fingerprint: "56fa0f5f34243d38"), (251, "8cee78c9bba3d8ad"), (501, "8c04406f7ad7f099"), (751, "d8ec5ac494bbc73e"),
    ])
  func seeds(first: UInt64, fingerprint: String) async {
    var histories = Fingerprint()
    for seed in first..<first + 250 {
      await Task.yield()
      let trial = Trial(seed: seed)
      if let failure = trial.failure {
        Issue.record("\(failure)")
        return
      }
      #expect(trial.steps > 0)
      histories.fold(trial.hash)
    }
    #expect("\(histories)" == fingerprint)
  }

  @Test("they hold too where checks that were asked for wait for each other", arguments: [UInt64(2001), 2251])
  func fewChecksAtOnce(first: UInt64) async {
    for seed in first..<first + 80 {
      await Task.yield()
      if let failure = Trial(seed: seed, checksAtOnce: 1).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test(
    "they hold too where the supervisor does not run for a while, and what came meanwhile comes before deadlines",
    arguments: [UInt64(3001), 3251])
  func absences(first: UInt64) async {
    for seed in first..<first + 100 {
      await Task.yield()
      if let failure = Trial(seed: seed, isAbsent: true).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test("they hold too where everything may end without a request, and commands concern all services", arguments: [UInt64(4001), 4251])
  func ends(first: UInt64) async {
    for seed in first..<first + 60 {
      await Task.yield()
      if let failure = Trial(seed: seed, ends: true).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test(
    "they hold too where services are reloaded and get signals, and stops ask the main process alone or leave it to the stop command",
    arguments: [UInt64(4501), 4751])
  func reloads(first: UInt64) async {
    for seed in first..<first + 60 {
      await Task.yield()
      if let failure = Trial(seed: seed, reloads: true).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test(
    "they hold too where dependencies are waited for until they have ended, and runs may live only so long",
    arguments: [UInt64(5501), 5751])
  func awaitedEnds(first: UInt64) async {
    for seed in first..<first + 60 {
      await Task.yield()
      if let failure = Trial(seed: seed, awaitsEnds: true).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test("they hold too where one of several dependencies is enough", arguments: [UInt64(5001), 5251])
  func groups(first: UInt64) async {
    for seed in first..<first + 60 {
      await Task.yield()
      if let failure = Trial(seed: seed, hasGroups: true).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test("the same seed gives the same history, another seed another one")
  func sameSeed() {
    var hashes: Set<UInt64> = []
    for seed in UInt64(1)...40 {
      let hash = Trial(seed: seed).hash
      #expect(Trial(seed: seed).hash == hash)
      hashes.insert(hash)
    }
    #expect(hashes.count == 40)
  }
}
