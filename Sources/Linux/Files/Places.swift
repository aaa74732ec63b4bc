// The names of what a Stoker keeps where every user can make files.

import Glibc

/// The names of a Stoker's files in `/dev/shm` and `/tmp`, where every user can make files: each has a random word in it, so that nobody
/// can take a name before it is there.
///
/// The words are remembered in the file `places` of the state directory, newest first. New files get the newest; files
/// with an older one are looked at, and the word is forgotten when nothing has it any more.
package struct Places: Sendable {
  /// The newest word first; never empty.
  private let words: [String]
  /// Sentences for people, on files of other users with our names, and on a file `places` that cannot be used.
  package private(set) var warnings: [String] = []

  private static let file = "places"
  private static let memory = "/dev/shm"
  /// More words than this are not remembered: an older one has been of no use for as many starts.
  private static let bound = 8

  /// Names that nobody remembers, for a Stoker without a state directory.
  package init() { words = [Self.newWord()] }

  /// The names of a state directory, which are made and remembered at the first call.
  /// - Parameter spare: The folder that remembers them where the state directory cannot be written, as on a full disk.
  package init(in folder: OpenFolder, or spare: OpenFolder? = nil) {
    var known: [String] = []
    for folder in [folder] + [spare].compactMap(\.self) {
      do throws(SystemError) {
        known += try Self.read(folder)
      } catch {
        warnings.append(
          "'\(folder.path)/\(Self.file)' is not read, and an earlier Stoker's files in \(Self.memory) are not found: \(error)")
      }
    }
    // The newest word is used again while something has it; without that another user may have seen it, and wait for it.
    let used = known.filter { word in Self.paths(word).contains { Self.isOurs($0) == true } }
    let foreign = known.first.map { Self.paths($0).filter { Self.isOurs($0) == false } } ?? []
    for path in foreign {
      warnings.append("'\(path)' belongs to another user, who has taken a name that was ours: another name is used")
    }
    words = foreign.isEmpty && !used.isEmpty && known.first == used.first ? used : [Self.newWord()] + used
    guard words != known else { return }
    do throws(SystemError) {
      try remember(in: folder)
      spare?.remove(Self.file)
    } catch {
      if let spare, (try? remember(in: spare)) != nil { return }
      warnings.append("cannot write '\(folder.path)/\(Self.file)': \(error); the next Stoker will not find counters and output of this one")
    }
  }

  private func remember(in folder: OpenFolder) throws(SystemError) {
    let text = Array((words.joined(separator: "\n") + "\n").utf8)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: text)
    try folder.replace(Self.file, with: UnsafeRawBufferPointer(bytes))
  }

  /// Whether a file belongs to our user; nil if there is none.
  private static func isOurs(_ path: String) -> Bool? { FileFacts.of(path).map { $0.owner == geteuid() } }

  /// Where the ledger is: our own first, then those of earlier words, in the form of shm_open(3).
  package var ledgers: [String] { words.map { "/\(Self.name($0))" } }
  /// The folders for FIFOs in memory.
  package var outputs: [String] { words.map { "\(Self.memory)/\(Self.name($0)).output" } }
  /// The folders for notification sockets where no better place is to be had.
  package var sockets: [String] { words.map { "/tmp/\(Self.name($0))" } }

  private static func name(_ word: String) -> String { "stoker-\(geteuid())-\(word)" }

  private static func paths(_ word: String) -> [String] {
    ["\(memory)/\(name(word))", "\(memory)/\(name(word)).output", "/tmp/\(name(word))"]
  }

  /// 128 bits, as hexadecimal digits.
  private static func newWord() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// The words that are remembered; none if there is no such file.
  private static func read(_ folder: OpenFolder) throws(SystemError) -> [String] {
    let descriptor: Int32
    do {
      descriptor = try folder.open(file, O_RDONLY | O_NONBLOCK)
    } catch {
      guard error.errno == ENOENT else { throw error }
      return []
    }
    defer { close(descriptor) }
    guard let facts = FileFacts.of(descriptor), facts.kind == .regular, facts.owner == geteuid(), facts.mode & 0o077 == 0 else {
      throw SystemError(errno: EPERM)
    }
    guard let bytes = SmallFile.read(descriptor, bound: 4096) else { throw .last }
    let words = bytes.split(separator: UInt8(ascii: "\n")).prefix(bound).map { String(decoding: $0, as: UTF8.self) }
    return words.filter { word in
      word.utf8.count == 32 && word.unicodeScalars.allSatisfy { ("0"..."9").contains($0) || ("a"..."f").contains($0) }
    }
  }
}
