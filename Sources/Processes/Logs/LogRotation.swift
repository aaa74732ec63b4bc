// The older files of a log: NAME.1, NAME.2.gz, …; their names, and packing them beside the writing.
//
// Putting a file aside is a handful of renames on the collector's thread. Packing happens on another thread: it reads the file
// through a descriptor, so it does not matter that the file moves on meanwhile, and looks under the lock where it stands by then.

import CLinux
import Glibc
import Synchronization

/// The older files of one log.
final class LogRotation: Sendable {
  private let path: String
  private let maxFiles: Int
  /// How often the log was put aside so far. What was put aside as number r stands at place `rotations - r + 1`.
  private let rotations = Mutex<UInt64>(0)

  init(path: String, maxFiles: Int) {
    self.path = path
    self.maxFiles = max(1, maxFiles)
  }

  /// Puts the present file aside and removes what has become too old.
  /// Returns the number of the rotation whose file is to be packed, if any.
  func rotate() -> UInt64? {
    rotations.withLock { rotations in
      rotations += 1
      if maxFiles == 1 {
        unlink(path)
        return nil
      }
      remove(place: maxFiles - 1)
      for place in stride(from: maxFiles - 2, to: 0, by: -1) { move(place, to: place + 1) }
      rename(path, "\(path).1")
      // The one that was at place 1 until now; it is readable as it is while it is the newest of the old.
      return maxFiles > 2 ? rotations - 1 : nil
    }
  }

  private func remove(place: Int) {
    unlink("\(path).\(place)")
    unlink("\(path).\(place).gz")
  }

  private func move(_ place: Int, to next: Int) {
    rename("\(path).\(place)", "\(path).\(next)")
    rename("\(path).\(place).gz", "\(path).\(next).gz")
  }

  /// Packs the file that was put aside with this number, unless it has gone meanwhile. Blocks.
  func pack(_ number: UInt64) {
    let temporary = "\(path).gz.tmp"
    let source = rotations.withLock { rotations in
      place(of: number, after: rotations).map { open("\(path).\($0)", O_RDONLY | O_CLOEXEC) } ?? -1
    }
    guard source >= 0 else { return }
    defer { close(source) }
    guard Gzip.pack(source, to: temporary) else {
      unlink(temporary)
      return
    }
    rotations.withLock { rotations in
      guard let place = place(of: number, after: rotations), rename(temporary, "\(path).\(place).gz") == 0 else {
        unlink(temporary)
        return
      }
      unlink("\(path).\(place)")
    }
  }

  private func place(of number: UInt64, after rotations: UInt64) -> Int? {
    let place = Int(rotations - number) + 1
    return place < maxFiles ? place : nil
  }
}
