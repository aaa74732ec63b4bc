// The simulator over many seeds; one seed gives one history.

import Simulator
import Testing

@Suite("Simulation")
struct SimulationTests {
  /// The fingerprints change only in a commit that changes decisions of the core and states that.
  @Test(
    "every invariant holds after every event of a thousand random histories, whose fingerprints did not change",
    arguments: [
      (first: UInt64(1), fingerprint: "56fa0f5f34243d38"), (251, "8cee78c9bba3d8ad"), (501, "8c04406f7ad7f099"), (751, "d8ec5ac494bbc73e"),
    ])
  func seeds(first: UInt64, fingerprint: String) {
    var histories = Fingerprint()
    for seed in first..<first + 250 {
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
  func fewChecksAtOnce(first: UInt64) {
    for seed in first..<first + 250 {
      if let failure = Trial(seed: seed, checksAtOnce: 1).failure {
        Issue.record("\(failure)")
        return
      }
    }
  }

  @Test(
    "they hold too where the supervisor does not run for a while, and what came meanwhile comes before deadlines",
    arguments: [UInt64(3001), 3251])
  func absences(first: UInt64) {
    for seed in first..<first + 250 {
      if let failure = Trial(seed: seed, isAbsent: true).failure {
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
