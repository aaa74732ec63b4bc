// The names of swift-metrics on the page.
import Exposition

/// The names that families of swift-metrics have taken, in addition to the names of the registry's own instruments.
struct PageNames: Sendable {
  /// The registry, unowned, since it holds the collector. It exists whenever a series is made or collected: the factory
  /// holds it, and only the registry collects.
  private unowned let registry: Registry
  private var taken: Set<String> = []

  init(registry: Registry) {
    self.registry = registry
  }

  /// Takes the first free one of a family's names; nil if none is free.
  mutating func take(_ name: FamilyName) -> Family? {
    let free = name.families.first { registry.isFree($0) && taken.isDisjoint(with: $0.takenNames) }
    if let free { taken.formUnion(free.takenNames) }
    return free
  }

  /// Whether no instrument was registered directly under a name that was taken here.
  func isOurs(_ family: Family) -> Bool { registry.isFree(family) }

  /// Releases the names that were taken for a family.
  mutating func release(_ family: Family) {
    taken.subtract(family.takenNames)
  }
}
