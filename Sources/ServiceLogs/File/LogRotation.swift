// The older files of a log: NAME.1, NAME.2.gz, …; their names, and their packing while the log is written.
//
// To put a file aside takes a few renames on the collector's thread. Packing happens on another thread: it
// reads the file through a descriptor, so the file may be renamed meanwhile, and then looks up its present
// name under the lock.

import CLinux
import Glibc
import Synchronization

/// The older files of one log.
final class LogRotation: Sendable {
  let path: String
  /// The number of files; a new number applies from the next rotation on.
  private let maxFiles: Atomic<Int>
  /// The number of rotations so far.
  private let rotations = Mutex<UInt64>(0)
  private let packing = Mutex(())
  private let isWanted = Atomic<Bool>(false)

  init(path: String, maxFiles: Int) {
    self.path = path
    self.maxFiles = Atomic(max(1, maxFiles))
  }

  /// Keeps so many files from the next rotation on.
  func keep(_ files: Int) { maxFiles.store(max(1, files), ordering: .relaxed) }

  /// The number of old files that are kept.
  var keptOldFiles: Int { maxFiles.load(ordering: .relaxed) - 1 }

  /// Puts a file aside (the present one by default) and removes the oldest beyond the number that is kept.
  /// Returns whether there is a file to pack.
  func rotate(_ file: String? = nil) -> Bool {
    let keptOldFiles = keptOldFiles
    return rotations.withLock { rotations in
      rotations += 1
      if keptOldFiles == 0 {
        unlink(file ?? path)
        return false
      }
      // Up to the first free place: as many renames as there are files, not as many as there may be.
      var last = 0
      while last < keptOldFiles, isTaken(last + 1) { last += 1 }
      if last == keptOldFiles {
        _ = remove(keptOldFiles)
        last -= 1
      }
      for place in stride(from: last, to: 0, by: -1) { move(place, to: place + 1) }
      rename(file ?? path, "\(path).1")
      return keptOldFiles > 1
    }
  }

  private func isTaken(_ place: Int) -> Bool {
    access("\(path).\(place)", F_OK) == 0 || access("\(path).\(place).gz", F_OK) == 0
  }

  /// Removes the file at a place. Returns whether there was one.
  private func remove(_ place: Int) -> Bool {
    let (plain, packed) = (unlink("\(path).\(place)"), unlink("\(path).\(place).gz"))
    return plain == 0 || packed == 0
  }

  private func move(_ place: Int, to next: Int) {
    rename("\(path).\(place)", "\(path).\(next)")
    rename("\(path).\(place).gz", "\(path).\(next).gz")
  }

  /// Packs the files at places from 2 on, also those that a killed predecessor has left; the first stays
  /// readable as it is. Removes files beyond the number that is kept. Blocks.
  func pack(_ progress: () -> Void) {
    // Returns while another thread packs: that thread looks again.
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
      var place = keptOldFiles + 1
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
        if place <= keptOldFiles, rename(temporary, "\(path).\(place).gz") == 0 {
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
    while place <= keptOldFiles, isTaken(place) {
      // A packed file with its final name is complete: a predecessor that was killed then had only this
      // removal left to do.
      if access("\(path).\(place).gz", F_OK) == 0 { unlink("\(path).\(place)") } else { oldest = place }
      place += 1
    }
    guard let oldest else { return nil }
    let source = open("\(path).\(oldest)", O_RDONLY | O_CLOEXEC)
    return source >= 0 ? (source, oldest) : nil
  }
}

extension LogMaintenance.Job {
  /// Packs the files of a log that were put aside.
  static func pack(_ rotation: LogRotation, device: UInt64) -> Self {
    Self(call: BlockingCall(device: device, path: rotation.path), subject: ObjectIdentifier(rotation)) { rotation.pack($0) }
  }
}
