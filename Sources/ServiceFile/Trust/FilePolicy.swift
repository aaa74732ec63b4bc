// The rule for files that others may write (rule 62): root reads none that everybody may write.
import Glibc
import Linux

/// The files that a Stoker accepts.
package struct FilePolicy: Hashable, Sendable {
  /// Whether a file that everybody may write is refused, and links of others are not followed.
  package var isStrict: Bool

  /// A policy.
  package init(isStrict: Bool) {
    self.isStrict = isStrict
  }

  /// The policy of this process: strict as root, unless it was started with `--trust-files`.
  package init(trustsFiles: Bool) {
    isStrict = geteuid() == 0 && !trustsFiles
  }

  /// Why the file is refused, and how to mend that; nil if it is not.
  func refusal(of path: String) -> String? {
    guard isStrict, let weakness = FileTrust.weaknesses(ofFile: path).first(where: \.isForEverybody) else { return nil }
    return Self.refusal(path, weakness)
  }

  static func refusal(_ path: String, _ weakness: OpenFolder.Weakness) -> String {
    let fault = weakness.path == path ? "everybody can write it" : "everybody can write '\(weakness.path)', and so replace it"
    return "\(fault), so root does not use it; mend that with 'chmod o-w \(weakness.path)', or use --trust-files"
  }

  /// The bytes of a file, as `FileContents.read` returns them.
  func read(_ path: String, limit: Int) throws(FileReadingError) -> [UInt8] {
    guard isStrict else { return try FileContents.read(path, limit: limit) }
    let descriptor: Int32
    do throws(FolderError) {
      descriptor = try FileTrust.open(path)
    } catch {
      throw .folder(error)
    }
    defer { close(descriptor) }
    return try FileContents.read(descriptor, limit: limit)
  }
}
