// Owner and mode of a file, and whom they let change it.

import CLinux
import Glibc

/// The facts about a file or folder that decide whether its content can be trusted.
package struct FileFacts: Hashable, Sendable {
  /// The kind of a file.
  package enum Kind: Hashable, Sendable {
    case regular, folder, link, fifo, socket, device
  }

  package let kind: Kind
  /// The user that owns it.
  package let owner: uid_t
  /// Its group.
  package let group: gid_t
  /// The permission bits, with set-id and sticky bits.
  package let mode: mode_t
  /// The file system and the number in it: two files are the same if both are equal.
  package let device: dev_t
  package let inode: ino_t
  /// The number of its names.
  package let links: UInt64
  /// Its size in bytes.
  package let size: UInt64
  /// Whether an access list names further users or groups (acl(5)); then the bits of the group are no more than their limit.
  private var hasList = false

  /// Takes the facts from a `stat`.
  package init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .device
      }
    owner = status.st_uid
    group = status.st_gid
    mode = status.st_mode & 0o7777
    device = status.st_dev
    inode = status.st_ino
    links = UInt64(status.st_nlink)
    size = UInt64(max(0, status.st_size))
  }

  /// The facts of an open file; nil with errno.
  package static func of(_ descriptor: Int32) -> FileFacts? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? FileFacts(status).withList(at: "/proc/self/fd/\(descriptor)") : nil
  }

  /// The facts of the file that a path names, of a symbolic link itself; nil with errno.
  package static func of(_ path: String) -> FileFacts? {
    var status = stat()
    return lstat(path, &status) == 0 ? FileFacts(status).withList(at: path) : nil
  }

  /// The same with a look at the access list, where one could let others write.
  func withList(at path: String) -> FileFacts {
    var facts = self
    facts.hasList = kind != .link && mode & 0o020 != 0 && clinux_has_access_list(path) != 0
    return facts
  }

  /// Whether nobody but their owners removes or renames the entries of this folder (the sticky bit).
  package var isSticky: Bool { kind == .folder && mode & mode_t(S_ISVTX) != 0 }

  /// Whether its owner is root or `user`.
  package func isOwned(byRootOr user: uid_t) -> Bool { owner == 0 || owner == user }

  /// Whether others than root and `user` may write it: change the content of a file, or the entries of a folder. Root's group and our
  /// own count as `user`.
  package func isWritable(byOthersThan user: uid_t) -> Bool {
    // The mode of a symbolic link means nothing.
    guard kind != .link else { return !isOwned(byRootOr: user) }
    return !isOwned(byRootOr: user) || mode & 0o002 != 0 || mode & 0o020 != 0 && (hasList || group != 0 && group != getegid())
  }

  /// Whether both are the same file.
  package func isSame(as other: FileFacts) -> Bool { device == other.device && inode == other.inode }
}
