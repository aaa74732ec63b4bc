// The simulator over many seeds; and that a seed is a history.

import Simulator
import Testing

@Suite("Simulation")
struct SimulationTests {
  @Test("every invariant holds after every event of a thousand random histories", arguments: [UInt64(1), 251, 501, 751])
  func seeds(first: UInt64) {
    for seed in first..<first + 250 {
      let trial = Trial(seed: seed)
      if let failure = trial.failure {
        Issue.record("\(failure)")
        return
      }
      #expect(trial.steps > 0)
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
