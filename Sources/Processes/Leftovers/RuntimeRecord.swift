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

  /// Makes a record.
  package init(running: [RunningRecord] = [], groups: String? = nil) {
    self.running = running
    self.groups = groups
  }

  private struct Content: Codable {
    var version: Int
    var running: [RunningRecord]
    var groups: String?
  }

  /// The version of the format that this program writes. It also reads the first version, which has fewer
  /// fields.
  private static let version = 2

  /// Reads the file. A missing file is an empty record; an invalid file too, with the problem in a sentence.
  package static func read(from directory: String) -> (record: RuntimeRecord, problem: String?) {
    let path = path(in: directory)
    let nothing = RuntimeRecord()
    guard let bytes = SmallFile.read(path, bound: 64 << 20) else {
      let error = SystemError.last
      return (nothing, error.errno == ENOENT ? nil : "cannot read '\(path)', going on without it: \(error)")
    }
    guard !bytes.isEmpty else { return (nothing, "'\(path)' is empty, going on without it") }
    guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
      return (nothing, "'\(path)' is torn or not ours, going on without it")
    }
    guard (1...version).contains(content.version) else {
      return (nothing, "'\(path)' has the format \(content.version), not \(version); going on without it")
    }
    return (RuntimeRecord(running: content.running, groups: content.groups), nil)
  }

  /// Writes the file (mode 0600) so that a crash leaves either the old or the new one.
  package func write(to directory: String) throws(SystemError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // The record has numbers and strings only: encoding cannot fail.
    let content = Content(version: Self.version, running: running, groups: groups)
    guard let data = try? encoder.encode(content) else { throw SystemError(errno: EINVAL) }
    let path = Self.path(in: directory)
    let temporary = "\(path).tmp"
    let descriptor = try system { open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    let written = data.withUnsafeBytes { writeAll($0, to: descriptor) }
    let error = written == data.count ? nil : SystemError.last
    close(descriptor)
    if let error {
      unlink(temporary)
      throw error
    }
    try system { rename(temporary, path) }
  }

  private static func path(in directory: String) -> String { "\(directory)/runtime.json" }
}
