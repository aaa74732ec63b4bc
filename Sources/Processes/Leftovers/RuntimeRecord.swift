// runtime.json: the runs that are there, for the case that we are not any more.

import FoundationEssentials
import Glibc

/// The file `runtime.json` of a state directory.
public enum RuntimeRecord {
  private struct Content: Codable {
    var version: Int
    var running: [RunningRecord]
  }

  /// The version of the format that this program reads and writes.
  private static let version = 1

  /// Reads the file. What is not there is an empty record; what cannot be understood too, with the problem in a sentence.
  public static func read(from directory: String) -> (records: [RunningRecord], problem: String?) {
    let path = path(in: directory)
    guard let bytes = SmallFile.read(path, bound: 64 << 20) else {
      let error = SystemError.last
      return ([], error.errno == ENOENT ? nil : "cannot read '\(path)', going on without it: \(error)")
    }
    guard !bytes.isEmpty else { return ([], "'\(path)' is empty, going on without it") }
    guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
      return ([], "'\(path)' is torn or not ours, going on without it")
    }
    guard content.version == version else {
      return ([], "'\(path)' has the format \(content.version), not \(version); going on without it")
    }
    return (content.running, nil)
  }

  /// Writes the file (mode 0600) so that a crash leaves the old one or the new one.
  public static func write(_ running: [RunningRecord], to directory: String) throws(SystemError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Numbers and strings only: there is nothing in it that could not be encoded.
    guard let data = try? encoder.encode(Content(version: version, running: running)) else { throw SystemError(errno: EINVAL) }
    let path = path(in: directory)
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
