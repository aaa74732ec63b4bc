// The changes of a reload: the file in use against the file as it is now.
import Linux
import Orchestration

/// The difference of two service files, service by service. A service keeps its identity with its name; places in the file, comments and
/// spellings do not count. The difference names keys, never values, which may be secrets.
package struct ServiceFileDiff: Sendable, Equatable {
  /// The services of the new file in its order, which is that of their `ServiceID`s, and after them the removed ones in the old file's order.
  package var services: [ServiceChange]
  /// The keys of `stoker:` that changed, in the order of service-file.md.
  package var supervisor: [SupervisorChange]

  /// Compares two files, in time linear in services and dependencies.
  /// - Parameter others: The services whose environment file has another content than before.
  package init(from old: ServiceFile, to new: ServiceFile, withOtherEnvironment others: Set<String> = []) {
    var places: [String: Int] = [:]
    places.reserveCapacity(old.services.count)
    for (index, service) in old.services.enumerated() { places[service.spec.name] = index }
    let movedEndpoints = new.services.map { service in
      places[service.spec.name].map { Self.differingNames(old.services[$0].endpoints, service.endpoints) } ?? []
    }
    let isSwapped = new.isInAnotherFolder(than: old)
    services = new.services.indices.map { index in
      let name = new.services[index].spec.name
      let id = ServiceID(index)
      guard let place = places.removeValue(forKey: name) else { return ServiceChange(name: name, before: nil, after: id, action: .added) }
      var comparison = ServiceComparison(
        Side(service: old.services[place], among: old.services), Side(service: new.services[index], among: new.services), movedEndpoints)
      comparison.run()
      if others.contains(name) { comparison.noteOtherEnvironment() }
      if isSwapped, new.holds(comparison.new.directory) { comparison.noteOtherFolder() }
      return ServiceChange(
        name: name, before: ServiceID(place), after: id, action: comparison.action, isCheckReplaced: comparison.isCheckReplaced)
    }
    services += places.values.sorted().map { place in
      ServiceChange(name: old.services[place].spec.name, before: ServiceID(place), after: nil, action: .removed)
    }
    supervisor = SupervisorChange.all(from: old, to: new)
  }

  /// Whether nothing changed that has an effect.
  package var isEmpty: Bool {
    supervisor.isEmpty && services.allSatisfy { $0.action == .unchanged }
  }

  /// The names whose values differ or that only one side has; sorted.
  static func differingNames<Value: Equatable>(_ old: [String: Value], _ new: [String: Value]) -> [String] {
    guard old != new else { return [] }
    return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
  }

  /// A service with the services of its own file.
  struct Side {
    var service: ServiceDefinition
    var among: [ServiceDefinition]
  }
}

extension ServiceFile {
  /// Whether another folder has taken the place of the one that the old file was in, as when a release is swapped by renaming. A link on the
  /// way that names another folder changes the path, and is no such swap.
  fileprivate func isInAnotherFolder(than old: ServiceFile) -> Bool {
    guard let before = old.folder, let folder, before.path == folder.path, let was = FileFacts.of(before.descriptor),
      let facts = FileFacts.of(folder.descriptor)
    else { return false }
    return !facts.isSame(as: was)
  }

  /// Whether a folder is that of the service file, or in it.
  fileprivate func holds(_ directory: String) -> Bool {
    let own = FilePath.parent(of: path)
    return directory == own || directory.hasPrefix(own == "/" ? own : "\(own)/")
  }
}
