// `Simulate COUNT [FIRST]`: runs COUNT seeds, reports seeds that break an invariant, and prints one fingerprint over
// all histories: as long as it stays the same, so does every decision of the core.

import Glibc
import Simulator

let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
guard let count = numbers.first, numbers.count == CommandLine.arguments.count - 1, numbers.count <= 2 else {
  print("usage: Simulate COUNT [FIRST]")
  exit(64)
}
let first = numbers.count > 1 ? numbers[1] : 1
var steps = 0
var fingerprint = Fingerprint()
for seed in first..<first + count {
  let trial = Trial(seed: seed)
  if let failure = trial.failure {
    print(failure)
    print("again with: Simulate 1 \(seed)")
    exit(1)
  }
  steps += trial.steps
  fingerprint.fold(trial.hash)
}
print("\(count) seeds, \(steps) steps, every invariant holds")
print("fingerprint \(fingerprint)")
