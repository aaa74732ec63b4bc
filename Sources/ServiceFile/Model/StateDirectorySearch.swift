// Finding the state directory that an earlier version made for a service file: its name had the name of the node.
import FoundationEssentials
import Glibc
import Linux

/// Several state directories may belong to a service file, and none of them is known to.
package struct StateDirectoryError: Error, Equatable, CustomStringConvertible {
  let candidates: [String]

  package var description: String {
    let names = candidates.map { "'\($0)'" }.joined(separator: ", ")
    return "\(candidates.count) state directories of earlier versions may be this service file's: \(names); set stoker.state_dir to the "
      + "right one"
  }
}

/// A search in the folder of all state directories of this user, which machines may share.
struct StateDirectorySearch {
  let folder: String
  /// The name by today's rule.
  let leaf: String
  /// The end of the names by either rule.
  let hash: String
  /// Whether no other machine uses the folder.
  let isOnlyThisMachines: Bool
  var boot = bootID()
  var machine = machineID()

  /// The path of the state directory; it need not exist yet.
  /// - Parameter earlierLeaf: The name by the earlier rule, if the node is called now as it was then.
  func run(earlierLeaf: @autoclosure () -> String) throws(StateDirectoryError) -> String {
    let today = "\(folder)/\(leaf)"
    let earlier = candidates()
    guard !earlier.isEmpty else { return today }
    if let present = FileFacts.of(today), present.kind == .link || evidence(leaf).isOfThisMachine != false { return today }
    let named = earlierLeaf()
    let proven = earlier.map(evidence).filter { evidence in
      // The first version did not note the machine.
      evidence.isOfThisMachine ?? (evidence.name == named || evidence.isOfThisBoot || isOnlyThisMachines)
    }
    if proven.contains(where: { $0.name == named }) { return "\(folder)/\(named)" }
    var left = proven.map(\.name)
    if left.count > 1 {
      let locked = left.filter(isLocked)
      let likely = locked.isEmpty ? proven.filter(\.isOfThisBoot).map(\.name) : locked
      if !likely.isEmpty { left = likely }
    }
    guard left.count <= 1 else { throw StateDirectoryError(candidates: left.sorted().map { "\(folder)/\($0)" }) }
    return left.first.map { "\(folder)/\($0)" } ?? today
  }

  /// Folders of ours with this hash, and another name than today's.
  private func candidates() -> [String] {
    guard let folder = try? OpenFolder(folder) else { return [] }
    return folder.names().filter { name in
      guard name.hasSuffix("-\(hash)"), name != leaf, let facts = folder.facts(of: name) else { return false }
      return facts.kind == .folder && facts.owner == geteuid()
    }
  }

  /// The facts about a state directory that tell whose it is.
  private struct Evidence {
    let name: String
    /// nil: not noted.
    var isOfThisMachine: Bool?
    /// Whether a process of this boot is recorded.
    var isOfThisBoot = false
  }

  /// The part of `runtime.json` that tells whose it is.
  private struct Record: Decodable {
    struct Run: Decodable { let bootID: String }
    let machine: String?
    let running: [Run]
  }

  private func evidence(_ name: String) -> Evidence {
    var evidence = Evidence(name: name)
    guard let opened = try? OpenFolder("\(folder)/\(name)").open("runtime.json", O_RDONLY | O_NONBLOCK) else { return evidence }
    defer { close(opened) }
    guard let bytes = SmallFile.read(opened, bound: 64 << 20), let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
      return evidence
    }
    if let boot { evidence.isOfThisBoot = record.running.contains { $0.bootID == boot } }
    if let machine, let noted = record.machine {
      // A container may get another identity; then the boot is still ours.
      evidence.isOfThisMachine = noted == machine ? true : evidence.isOfThisBoot ? nil : false
    }
    return evidence
  }

  /// Whether a Stoker runs there. Looking holds the lock for a moment, in which that Stoker could not start: only where it has to be known.
  private func isLocked(_ name: String) -> Bool {
    guard let lock = try? OpenFolder("\(folder)/\(name)").open("lock", O_RDONLY | O_NONBLOCK) else { return false }
    defer { close(lock) }
    return flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}
