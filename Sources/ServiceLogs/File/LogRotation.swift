// The older files of a log: NAME.1, NAME.2.gz, …; their names, and packing them beside the writing.
//
// Putting a file aside is a handful of renames on the collector's thread. Packing happens on another thread: it reads the file
// through a descriptor, so it does not matter that the file moves on meanwhile, and looks under the lock where it stands by then.

import CLinux
import Glibc
import Synchronization

/// The older files of one log.
final class LogRotation: Sendable {
  let path: String
  /// Another number holds from the next rotation on.
  private let maxFiles: Atomic<Int>
  /// How often something was put aside so far.
  private let rotations = Mutex<UInt64>(0)
  private let packing = Mutex(())
  private let isWanted = Atomic<Bool>(false)

  init(path: String, maxFiles: Int) {
    self.path = path
    self.maxFiles = Atomic(max(1, maxFiles))
  }

  /// Keeps so many files from the next rotation on.
  func keep(_ files: Int) { maxFiles.store(max(1, files), ordering: .relaxed) }

  /// How many are kept beside the present one.
  var places: Int { maxFiles.load(ordering: .relaxed) - 1 }

  /// Puts a file aside (the present one, if it is not said which) and removes what has become too old.
  /// Returns whether there is something to be packed.
  func rotate(_ file: String? = nil) -> Bool {
    let places = places
    return rotations.withLock { rotations in
      rotations += 1
      if places == 0 {
        unlink(file ?? path)
        return false
      }
      // Up to the first place that is free, as many as there are and not as many as there may be.
      var last = 0
      while last < places, isTaken(last + 1) { last += 1 }
      if last == places {
        _ = remove(places)
        last -= 1
      }
      for place in stride(from: last, to: 0, by: -1) { move(place, to: place + 1) }
      rename(file ?? path, "\(path).1")
      return places > 1
    }
  }

  private func isTaken(_ place: Int) -> Bool {
    access("\(path).\(place)", F_OK) == 0 || access("\(path).\(place).gz", F_OK) == 0
  }

  /// Whether there was something.
  private func remove(_ place: Int) -> Bool {
    let (plain, packed) = (unlink("\(path).\(place)"), unlink("\(path).\(place).gz"))
    return plain == 0 || packed == 0
  }

  private func move(_ place: Int, to next: Int) {
    rename("\(path).\(place)", "\(path).\(next)")
    rename("\(path).\(place).gz", "\(path).\(next).gz")
  }

  /// Packs what stands at places from 2 on, also what one that was killed has left; the first is readable as it is. Removes those of a time
  /// when more were kept. Blocks.
  func pack(_ progress: () -> Void) {
    // Who comes while another is at it goes: that one looks again.
    isWanted.store(true, ordering: .sequentiallyConsistent)
    while isWanted.load(ordering: .sequentiallyConsistent) {
      let isMine: Void? = packing.withLockIfAvailable { _ in
        while isWanted.exchange(false, ordering: .sequentiallyConsistent) { packAll(progress) }
      }
      if isMine == nil { return }
    }
  }

  private func packAll(_ progress: () -> Void) {
    rotations.withLock { _ in
      var place = places + 1
      while remove(place) { place += 1 }
    }
    let temporary = "\(path).gz.tmp"
    while let (source, place, before) = rotations.withLock({ rotations in
      oldestUnpacked().map { ($0.source, $0.place, rotations) }
    }) {
      defer { close(source) }
      guard Gzip.pack(source, to: temporary, progress) else {
        unlink(temporary)
        return
      }
      rotations.withLock { rotations in
        let place = place + Int(rotations - before)
        if place <= places, rename(temporary, "\(path).\(place).gz") == 0 {
          unlink("\(path).\(place)")
        } else {
          unlink(temporary)
        }
      }
      progress()
    }
  }

  private func oldestUnpacked() -> (source: Int32, place: Int)? {
    var place = 2
    var oldest: Int?
    while place <= places, isTaken(place) {
      // The packed one is whole when it has its name: what was killed then had only this left to do.
      if access("\(path).\(place).gz", F_OK) == 0 { unlink("\(path).\(place)") } else { oldest = place }
      place += 1
    }
    guard let oldest else { return nil }
    let source = open("\(path).\(oldest)", O_RDONLY | O_CLOEXEC)
    return source >= 0 ? (source, oldest) : nil
  }
}
