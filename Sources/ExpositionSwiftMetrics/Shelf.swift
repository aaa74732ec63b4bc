// A shelf: the families of one type, and the holders of their series.
import Exposition

/// The families of one type in the order in which they were made, with their current names on the page.
struct Shelf<Child: Instrument>: Sendable {
  private struct Entry {
    let name: FamilyName
    /// The family with its current name; nil while all its names are taken by others.
    var family: Family?
    let series: Labelled<Child>
  }

  /// The place of a series, and the number of its holders: how often it was made and not destroyed.
  private struct Place {
    let name: FamilyName
    let labels: Labels
    var holders: Int
  }

  private var entries: [Entry] = []
  private var index: [FamilyName: Int] = [:]
  private var places: [ObjectIdentifier: Place] = [:]

  /// The series of a family with these labels, for one more holder; made now if there is none.
  mutating func series(
    _ name: FamilyName, _ labels: Labels, limit: Int, names: inout PageNames, make: @escaping @Sendable () -> Child
  ) -> Child {
    let position = index[name] ?? append(name, limit: limit, names: &names, make: make)
    let series = entries[position].series
    let overflow = series.overflow
    let child = series[labels: labels]
    // The series that combinations beyond the limit share has no place, so that no holder destroys it for the others.
    if series.overflow == overflow {
      places[ObjectIdentifier(child), default: Place(name: name, labels: labels, holders: 0)].holders += 1
    }
    return child
  }

  /// Ends one hold on a series. The last holder removes it from the page, and its family too if there is no other
  /// series.
  mutating func destroy(_ child: Child, names: inout PageNames) {
    let id = ObjectIdentifier(child)
    guard let place = places[id] else { return }
    guard place.holders == 1 else {
      places[id]?.holders -= 1
      return
    }
    places[id] = nil
    guard let position = index[place.name] else { return }
    entries[position].series.remove(labels: place.labels)
    guard entries[position].series.count == 0 else { return }
    if let family = entries[position].family { names.release(family) }
    entries.remove(at: position)
    index[place.name] = nil
    for later in position..<entries.count { index[entries[later].name] = later }
  }

  /// The families that have a name now. A family whose name was registered directly since the last time takes its next
  /// name, and a family without a name tries again.
  mutating func named(names: inout PageNames) -> [(Family, Labelled<Child>)] {
    for position in entries.indices {
      if let family = entries[position].family {
        if names.isOurs(family) { continue }
        names.release(family)
      }
      entries[position].family = names.take(entries[position].name)
    }
    return entries.compactMap { entry in entry.family.map { ($0, entry.series) } }
  }

  private mutating func append(
    _ name: FamilyName, limit: Int, names: inout PageNames, make: @escaping @Sendable () -> Child
  ) -> Int {
    index[name] = entries.count
    entries.append(Entry(name: name, family: names.take(name), series: Labelled(names: [], limit: limit, make: make)))
    return entries.count - 1
  }
}
