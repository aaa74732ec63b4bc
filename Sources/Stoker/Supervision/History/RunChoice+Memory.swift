// The choice of services for this run against the wishes of before (rule 90).

import Orchestration
import ServiceFile

extension RunChoice {
  /// The memory of a service without the wish that this choice takes the place of. The journal keeps it.
  func heeded(in memory: Memory, of name: String) -> Memory {
    var memory = memory
    if wanted.contains(name) {
      memory.wish = nil
      memory.wishedAt = nil
    } else if isExclusive {
      memory.wish = false
      memory.wishedBy = "the services that 'stoker run' names"
      memory.wishedAt = nil
    }
    return memory
  }
}
