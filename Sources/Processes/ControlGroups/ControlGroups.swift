// The cgroups of a Stoker: a tree with a leaf for itself and a cgroup for each service.
//
// Below the cgroup that this process was started in is `stoker-<hash of the mark>`, and in it `supervisor`
// for this process and `service-<name>` for each service (see `ServiceGroup`): none of these names collides with a file of the
// kernel's, whatever a service is called. We move into a leaf because a cgroup that gives controllers to
// others below it may have no processes of its own. A successor finds the tree by its path, by the same name
// at the same place, or because it was started in it.

import Glibc
import Linux
import Orchestration
import Synchronization

/// The cgroups of the services of one Stoker.
package final class ControlGroups: Sendable {
  /// A controller of the kernel's.
  package enum Controller: String, Hashable, Sendable, CaseIterable {
    /// Memory.
    case memory
    /// Processes and threads.
    case tasks = "pids"
    /// Processor time.
    case cpu

    /// The key of the service file.
    var limit: String { self == .tasks ? "tasks" : rawValue }
  }

  /// The folder of the tree, to be recorded for a successor.
  package let path: String
  /// The limits that cannot be set here, with reasons.
  package let refusals: [ControlGroupRefusal]
  private let parent: String
  /// The controllers that we enabled for the cgroups below `parent`.
  private let given: [Controller]
  private let groups = Mutex<[String: ServiceGroup]>([:])

  private static let ownLeaf = "supervisor"
  private static let prefix = "service-"

  /// Creates the tree, or finds that of a predecessor, and moves this process into it.
  ///
  /// - Parameters:
  ///   - mark: the mark of the process table.
  ///   - recorded: the `path` that a predecessor recorded.
  package init(mark: String, recorded: String? = nil) throws(ControlGroupError) {
    guard let mount = ControlGroupMount.find() else { throw .notMounted }
    let path = Self.place(for: "stoker-\(StableHash.text(of: mark))", recorded: recorded, mount)
    let leaf = "\(path)/\(Self.ownLeaf)"
    // A cgroup in which a predecessor was killed has counted that (see `ServiceGroup`).
    rmdir(leaf)
    for folder in [path, leaf] {
      if mkdir(folder, 0o755) != 0, errno != EEXIST {
        let error = SystemError.last
        rmdir(path)
        throw .unwritable(path: folder, error)
      }
      guard ControlFile.isOurs(folder) else { throw .foreign(path: folder) }
    }
    do {
      try ControlFile.write("0", to: "\(leaf)/cgroup.procs")
    } catch {
      rmdir(leaf)
      rmdir(path)
      throw .immovable(path: leaf, error)
    }
    self.path = path
    parent = Directories.parent(of: path) ?? mount.path
    (given, refusals) = Self.giveControllers(parent: parent, tree: path)
  }

  private static func place(for name: String, recorded: String?, _ mount: ControlGroupMount) -> String {
    var status = stat()
    if let recorded, recorded.hasPrefix("\(mount.path)/"), recorded.hasSuffix("/\(name)"), stat(recorded, &status) == 0 { return recorded }
    // Started by a process in the tree itself.
    if let range = "\(mount.own)/".firstRange(of: "/\(name)/") { return mount.own[..<range.lowerBound] + "/\(name)" }
    // Started in the leaf of a systemd unit with DelegateSubgroup=, which has to stay a leaf.
    if mount.own != mount.path, mount.own.hasSuffix("/\(ownLeaf)"), let parent = Directories.parent(of: mount.own) {
      return "\(parent)/\(name)"
    }
    return "\(mount.own)/\(name)"
  }

  /// Enables the available controllers for services. Returns those that were not enabled before, and those
  /// that are missing.
  private static func giveControllers(parent: String, tree: String) -> (given: [Controller], refusals: [ControlGroupRefusal]) {
    let available = ControlFile.words("\(parent)/cgroup.controllers")
    let before = ControlFile.words("\(parent)/cgroup.subtree_control")
    var given: [Controller] = []
    var refusals: [ControlGroupRefusal] = []
    for controller in Controller.allCases {
      guard available.contains(controller.rawValue) else {
        let others = available.isEmpty ? "none" : available.joined(separator: ", ")
        let reason = "the controller '\(controller.rawValue)' is not to be had in the cgroup '\(parent)', which has \(others)"
        refusals.append(ControlGroupRefusal(limit: controller, reason: reason))
        continue
      }
      do {
        for folder in [parent, tree] { try ControlFile.write("+\(controller.rawValue)", to: "\(folder)/cgroup.subtree_control") }
        if !before.contains(controller.rawValue) { given.append(controller) }
      } catch {
        let why = error.errno == EBUSY ? "; other processes than Stoker are in this cgroup" : ""
        let reason = "the controller '\(controller.rawValue)' cannot be given to those below '\(parent)': \(error)\(why)"
        refusals.append(ControlGroupRefusal(limit: controller, reason: reason))
      }
    }
    return (given, refusals)
  }

  /// The cgroup of a service. Touches nothing: the first start creates it.
  package func group(for name: String) -> ServiceGroup {
    groups.withLock { groups in
      if let group = groups[name] { return group }
      let group = ServiceGroup(path: "\(path)/\(Self.prefix)\(name)", refusals: refusals)
      groups[name] = group
      return group
    }
  }

  /// The names of the services whose cgroups exist, a predecessor's too.
  package var names: [String] { Self.names(in: path) }

  static func names(in tree: String) -> [String] {
    ControlFile.folders(in: tree).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  /// Removes the cgroup of a service that is gone. Returns whether it is gone: a cgroup with processes is
  /// not.
  @discardableResult
  package func remove(_ name: String) -> Bool {
    groups.withLock { $0[name] = nil }
    return ControlFile.remove("\(path)/\(Self.prefix)\(name)")
  }

  /// Removes everything that is empty, moves this process back to its former cgroup, and removes the tree.
  /// Returns whether all of it is gone: while a service has live processes its cgroup stays, and the tree
  /// with it.
  @discardableResult
  package func remove() -> Bool {
    for name in names { remove(name) }
    guard names.isEmpty else { return false }
    let leaf = "\(path)/\(Self.ownLeaf)"
    // A cgroup with enabled controllers for those below it accepts no processes.
    let isAlone = ControlFile.folders(in: parent).map { "\(parent)/\($0)" } == [path]
    // The controllers that a predecessor enabled are not known; if this tree is the only cgroup below
    // `parent`, all of them are its.
    for controller in isAlone ? Controller.allCases : given {
      for folder in [path, parent] { try? ControlFile.write("-\(controller.rawValue)", to: "\(folder)/cgroup.subtree_control") }
    }
    guard (try? ControlFile.write("0", to: "\(parent)/cgroup.procs")) != nil else { return false }
    return ControlFile.remove(leaf) && ControlFile.remove(path)
  }
}
