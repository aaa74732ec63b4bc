// runtime.json: the present runs, for a successor of this process.

import FoundationEssentials
import Glibc
import Linux

/// The content of the file `runtime.json` of a state directory.
package struct RuntimeRecord: Hashable, Sendable {
  /// The running processes.
  package var running: [RunningRecord]
  /// The folder of the tree of cgroups (`ControlGroups.path`); nil if there is none.
  package var groups: String?
  /// The machine that the processes run on (`machineID`); nil if it has no name, or if there are no processes.
  package var machine: String?
  /// The service file's absolute path, by which the command line finds this Stoker; nil if there is none.
  package var file: String?

  /// Makes a record.
  package init(running: [RunningRecord] = [], groups: String? = nil, machine: String? = nil, file: String? = nil) {
    self.running = running
    self.groups = groups
    self.machine = machine
    self.file = file
  }

  /// Whether it was written on another machine, whose processes we cannot see. A container may get another name; then the boot is still ours.
  package var isOfAnotherMachine: Bool {
    guard let machine, let own = machineID(), machine != own else { return false }
    let boot = bootID()
    return !running.contains { $0.bootID == boot }
  }

  private struct Content: Codable {
    var version: Int
    var running: [RunningRecord]
    var groups: String?
    var machine: String?
    var file: String?
  }

  private static let name = "runtime.json"
  /// The version of the format that this program writes. It also reads the earlier ones, which have fewer fields.
  private static let version = 3

  /// Reads the file. A missing file is an empty record. So is a file that is not a record, or that others than our user and root may
  /// write, with the problem in a sentence.
  package static func read(from directory: String) -> (record: RuntimeRecord, problem: String?) {
    let path = "\(directory)/\(name)"
    func nothing(_ problem: String?) -> (record: RuntimeRecord, problem: String?) { (RuntimeRecord(), problem) }
    let folder: OpenFolder
    do {
      folder = try OpenFolder(directory)
    } catch {
      return nothing(error.errno == ENOENT ? nil : "cannot read '\(path)', going on without it: \(error)")
    }
    if let weakness = folder.weakness {
      return nothing(
        """
        going on without '\(path)' and the key beside it, which prove nothing since \(weakness): let only this user write there (chown, \
        chmod), or choose another directory with stoker.state_dir
        """
      )
    }
    let file: Int32
    do {
      file = try folder.open(name, O_RDONLY | O_NONBLOCK)
    } catch {
      return nothing(error.errno == ENOENT ? nil : "cannot read '\(path)', going on without it: \(error)")
    }
    defer { close(file) }
    guard let facts = FileFacts.of(file), facts.kind == .regular, !facts.isWritable(byOthersThan: geteuid()) else {
      return nothing("going on without '\(path)', which is no file that only this user may write: remove it, or mend it (chown, chmod 600)")
    }
    guard let bytes = SmallFile.read(file, bound: 64 << 20) else {
      return nothing("cannot read '\(path)', going on without it: \(SystemError.last)")
    }
    guard !bytes.isEmpty else { return nothing("'\(path)' is empty, going on without it") }
    guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
      return nothing("'\(path)' is torn or not ours, going on without it")
    }
    guard (1...version).contains(content.version) else {
      return nothing("'\(path)' has the format \(content.version), not \(version); going on without it")
    }
    let plausible = content.running.filter(\.isPlausible)
    return (
      RuntimeRecord(running: plausible, groups: content.groups, machine: content.machine, file: content.file),
      plausible.count == content.running.count ? nil : "'\(path)' has processes with impossible numbers, going on without these"
    )
  }

  /// Writes the file (mode 0600) so that a crash leaves either the old or the new one.
  package func write(to directory: String) throws(FolderError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let path = "\(directory)/\(Self.name)"
    // The record has numbers and strings only: encoding cannot fail.
    let content = Content(version: Self.version, running: running, groups: groups, machine: machine, file: file)
    guard let data = try? encoder.encode(content) else { throw .system(path: path, SystemError(errno: EINVAL)) }
    let folder = try OpenFolder(directory)
    do {
      try folder.replace(Self.name, with: Array(data))
    } catch {
      throw .system(path: path, error)
    }
  }

  /// Removes what a Stoker that was killed in the middle of `write` left.
  package static func removeTemporaries(in directory: String) {
    (try? OpenFolder(directory))?.removeTemporaries(for: [name])
  }
}

/// A record of an earlier Stoker that must not be touched.
package enum RuntimeRecordError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It was written on another machine.
  case otherMachine(directory: String)

  /// In a sentence.
  package var description: String {
    switch self {
    case .otherMachine(let directory):
      """
      the state directory '\(directory)' belongs to a Stoker on another machine, as 'machine' in its runtime.json says; give this machine its \
      own with stoker.state_dir, or remove that file if no Stoker runs there any more
      """
    }
  }
}
