// Which names on the page belong to swift-metrics.
import Exposition

/// The names taken by families of swift-metrics, beside those that the registry's own instruments have.
struct PageNames: Sendable {
  /// Not held, since it holds the collector; it is there as long as anything is made or collected: the factory holds it, and only it collects.
  private unowned let registry: Registry
  private var taken: Set<String> = []

  init(registry: Registry) {
    self.registry = registry
  }

  /// Takes the first of a family's names that is free; nil when none is.
  mutating func take(_ name: FamilyName) -> Family? {
    let free = name.families.first { registry.isFree($0) && taken.isDisjoint(with: $0.takenNames) }
    if let free { taken.formUnion(free.takenNames) }
    return free
  }

  /// Whether no instrument was registered directly under a name that was taken here.
  func isOurs(_ family: Family) -> Bool { registry.isFree(family) }

  /// Gives the names back that were taken for a family.
  mutating func release(_ family: Family) {
    taken.subtract(family.takenNames)
  }
}
