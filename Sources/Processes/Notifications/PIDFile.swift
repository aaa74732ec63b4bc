// The file in which a program that has gone into the background leaves the number of its main process.

import CLinux
import Glibc
import Linux

/// A pid file. It is a claim: the process that it names has to be proved to be of the run.
struct PIDFile: Sendable {
  let path: String
  /// The user of the run; nil: ours.
  let user: uid_t?

  /// The most that a file with one number holds.
  private static let bound = 64

  /// The pid that the file names. Throws why it names none.
  func pid() throws(PIDFileFault) -> Int32 {
    // A link could lead to any file, and a pipe could keep us waiting.
    let file = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw errno == ENOENT ? .missing : errno == ELOOP ? .notAFile : .unreadable(.last) }
    defer { close(file) }
    guard let facts = FileFacts.of(file), facts.kind == .regular else { throw .notAFile }
    // Anybody else could choose among the processes of the run.
    guard facts.isOwned(byRootOr: geteuid()) || facts.owner == user, facts.mode & 0o002 == 0 else { throw .foreign }
    let bytes = withUnsafeTemporaryAllocation(byteCount: Self.bound, alignment: 1) { buffer in
      Array(buffer[0..<max(0, uninterrupted { read(file, buffer.baseAddress, buffer.count) })])
    }
    let text = bytes.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
    // Written a moment after it was made.
    guard !text.isEmpty else { throw .empty }
    guard text.count == 1, let pid = Int32(String(decoding: text[0], as: UTF8.self)), pid > 1 else { throw .notANumber }
    return pid
  }
}

/// Why a pid file names no main process.
package enum PIDFileFault: Error, Hashable, Sendable, CustomStringConvertible {
  case missing
  case empty
  case unreadable(SystemError)
  /// A link, a pipe, a folder.
  case notAFile
  /// Another user owns it, or everybody may write it.
  case foreign
  case notANumber
  /// The process that it names does not live.
  case gone(Int32)
  /// The process that it names cannot be proved to be of this run.
  case stranger(Int32)

  /// The fault, behind the name of the file.
  package var description: String {
    switch self {
    case .missing: "does not exist"
    case .empty: "is empty"
    case .unreadable(let error): "cannot be read: \(error)"
    case .notAFile: "is no regular file; it may not be a link"
    case .foreign: "belongs to another user than root, Stoker's and the service's, or everybody may write it"
    case .notANumber: "holds something else than the number of a process"
    case .gone(let pid): "names process \(pid), which does not live"
    case .stranger(let pid): "names process \(pid), which is not proved to be of this run"
    }
  }

  /// Whether it may be mended by the next look, without anybody at fault.
  package var isPassing: Bool { self == .missing || self == .empty }
}
