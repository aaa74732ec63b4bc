// The audit of a core's copies of facts, for tests.

/// Compares the facts that a core keeps twice.
package struct Audit {
  private let core: Orchestrator

  /// The audit of `core`.
  package init(_ core: Orchestrator) {
    self.core = core
  }

  /// The services whose standing differs from their machine's: none, between calls.
  package var staleStandings: [String] {
    core.services.indices.filter { index in
      let machine = core.machines[core.place(of: index)]
      return core.services[index].standing != Standing(machine.values, hasResult: machine.checks.hasResult)
    }.map { core.graph.services[$0].name }
  }

  /// The size of all self-registered entries, counted again: what `registrySize` says.
  package var recountedRegistrySize: Int { core.entries.recountedSize }
}
