// The answer of a probe, on its way with the actions that answer it.

import Probes

/// The answer to one check.
struct ProbeAnswer {
  let check: UInt64
  let outcome: Outcome
}
