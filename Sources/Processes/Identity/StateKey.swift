// The secret of a state directory.

import Crypto
import FoundationEssentials
import Glibc
import Linux

/// The secret of a state directory, by which its marks are proved (rule 59): the file `key` in it, which no other user can read. It is in
/// no environment, log or answer.
package struct StateKey: Sendable {
  /// The authentication code of an empty message, to be copied: the work that depends on the key alone is done once.
  let code: HMAC<SHA256>

  private static let name = "key"
  private static let byteCount = 32

  /// Makes a key of these bytes.
  package init(_ bytes: [UInt8]) {
    code = HMAC(key: SymmetricKey(data: bytes))
  }

  /// A new key, in memory only.
  package static var random: StateKey { StateKey(randomBytes()) }

  /// Reads the key of a state directory, and makes one where there is none that can be trusted. The second value is the problem, in a
  /// sentence.
  /// - Parameter spare: The folder that keeps the key where the state directory cannot be written, as on a full disk.
  package static func take(from directory: String, or spare: OpenFolder? = nil) -> (key: StateKey, problem: String?) {
    let folder: OpenFolder
    do {
      folder = try OpenFolder(directory)
    } catch {
      return (.random, "no key can be kept in the state directory: \(error)")
    }
    // Others could put a key of theirs in its place. The record says so (`RuntimeRecord.read`).
    guard folder.weakness == nil else { return (.random, nil) }
    folder.removeTemporaries(for: [name])
    if let bytes = read(from: folder) { return (StateKey(bytes), nil) }
    let isReplaced = folder.facts(of: name) != nil
    let bytes = spare.flatMap { read(from: $0) } ?? randomBytes()
    do {
      try folder.replace(name, with: bytes)
      spare?.remove(name)
    } catch {
      if let spare, (try? spare.replace(name, with: bytes)) != nil { return (StateKey(bytes), nil) }
      return (StateKey(bytes), "cannot write '\(directory)/\(name)': \(error); after a kill only processes in runtime.json are recognised")
    }
    let path = "\(directory)/\(name)"
    return (
      StateKey(bytes),
      isReplaced ? "'\(path)' was not a key that only this user can read, and was replaced: older marks of processes prove nothing" : nil
    )
  }

  /// The bytes of a key that only we can have written and read.
  private static func read(from folder: OpenFolder) -> [UInt8]? {
    guard let file = try? folder.open(name, O_RDONLY | O_NONBLOCK) else { return nil }
    defer { close(file) }
    guard let facts = FileFacts.of(file), facts.kind == .regular, facts.owner == geteuid(), facts.mode & 0o077 == 0, facts.links == 1,
      let bytes = SmallFile.read(file, bound: byteCount + 1), bytes.count == byteCount
    else { return nil }
    return bytes
  }

  private static func randomBytes() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
