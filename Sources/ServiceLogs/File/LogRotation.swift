// The older files of a log: NAME.1, NAME.2.gz, …; their names, and their packing while the log is written.
//
// To put a file aside takes a few renames on the collector's thread. Packing happens on another thread: it
// reads the file through a descriptor, so the file may be renamed meanwhile, and then looks up its present
// name under the lock. All of it happens in the folder in which the file was opened, by bare names: a link is moved, and never followed.

import CLinux
import Glibc
import Linux
import Synchronization

/// The older files of one log.
final class LogRotation: Sendable {
  /// The path of the log, for messages.
  let path: String
  /// The place of the present file; nil as long as none was opened, and where it cannot be put aside: a device, a pipe, a terminal.
  private let present = Mutex<FilePlace?>(nil)
  /// The number of files; a new number applies from the next rotation on.
  private let maxFiles: Atomic<Int>
  /// The number of rotations so far.
  private let rotations = Mutex<UInt64>(0)
  private let packing = Mutex(())
  private let isWanted = Atomic<Bool>(false)
  private let hasTidied = Atomic<Bool>(false)

  init(path: String, maxFiles: Int) {
    self.path = path
    self.maxFiles = Atomic(max(1, maxFiles))
  }

  /// Names the file that is put aside from now on.
  func follow(_ place: FilePlace?) { present.withLock { $0 = place } }

  /// Keeps so many files from the next rotation on.
  func keep(_ files: Int) { maxFiles.store(max(1, files), ordering: .relaxed) }

  /// The number of old files that are kept.
  var keptOldFiles: Int { maxFiles.load(ordering: .relaxed) - 1 }

  // MARK: Names

  /// The names of one file and its older ones, in its folder.
  private struct Names {
    let folder: OpenFolder
    let name: String

    func plain(_ place: Int) -> String { "\(name).\(place)" }
    func packed(_ place: Int) -> String { "\(name).\(place).gz" }
    /// The name under which a file is packed.
    var packing: String { "\(name).gz" }

    func isTaken(_ place: Int) -> Bool { folder.facts(of: plain(place)) != nil || folder.facts(of: packed(place)) != nil }

    /// Removes the file at a place. Returns whether there was one.
    func remove(_ place: Int) -> Bool {
      let (plain, packed) = (folder.remove(plain(place)), folder.remove(packed(place)))
      return plain || packed
    }

    func move(_ place: Int, to next: Int) {
      try? folder.rename(plain(place), to: plain(next))
      try? folder.rename(packed(place), to: packed(next))
    }
  }

  /// Works with the names, in their folder and with its rights; nil if there is no place, or the rights are not to be had.
  private func work<Result>(_ place: FilePlace?, _ body: (Names) -> Result) -> Result? {
    guard let place else { return nil }
    return try? place.acting { body(Names(folder: $0, name: place.name)) }
  }

  /// The place of the present file.
  var place: FilePlace? { present.withLock { $0 } }

  // MARK: Rotation

  /// Puts a file of the folder aside (the present one by default) and removes the oldest beyond the number that is kept.
  /// Returns whether there is a file to pack.
  func rotate(_ file: String? = nil) -> Bool {
    let keptOldFiles = keptOldFiles
    let place = place
    return rotations.withLock { rotations in
      rotations += 1
      return work(place) { names in
        let file = file ?? names.name
        if keptOldFiles == 0 {
          names.folder.remove(file)
          return false
        }
        // Up to the first free place: as many renames as there are files, not as many as there may be.
        var last = 0
        while last < keptOldFiles, names.isTaken(last + 1) { last += 1 }
        if last == keptOldFiles {
          _ = names.remove(keptOldFiles)
          last -= 1
        }
        for place in stride(from: last, to: 0, by: -1) { names.move(place, to: place + 1) }
        try? names.folder.rename(file, to: names.plain(1))
        return keptOldFiles > 1
      } ?? false
    }
  }

  // MARK: Packing

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
    guard let place else { return }
    rotations.withLock { _ in
      _ = work(place) { names in
        var number = keptOldFiles + 1
        while names.remove(number) { number += 1 }
      }
    }
    // An unfinished copy of a killed predecessor: of this one, and of a Stoker before 0.2. Only packing makes them, so without the lock,
    // and once.
    if !hasTidied.exchange(true, ordering: .relaxed) {
      _ = work(place) { names in
        names.folder.removeTemporaries(for: [names.packing], of: place.writer)
        names.folder.remove("\(names.packing).tmp")
      }
    }
    while let next = rotations.withLock({ rotations in oldestUnpacked(place).map { ($0.source, $0.number, rotations) } }) {
      let (source, number, before) = next
      defer { close(source) }
      guard let target = try? place.acting({ (folder) throws(SystemError) in try folder.makeTemporary(for: "\(place.name).gz") }) else {
        return
      }
      defer { close(target.descriptor) }
      guard FilePacker.pack(source, to: target.descriptor, progress) else {
        _ = work(place) { $0.folder.remove(target.name) }
        return
      }
      let isPut = rotations.withLock { rotations in
        work(place) { names in
          let number = number + Int(rotations - before)
          if number <= keptOldFiles, (try? names.folder.rename(target.name, to: names.packed(number))) != nil {
            names.folder.remove(names.plain(number))
            return true
          }
          names.folder.remove(target.name)
          return number > keptOldFiles
        } ?? false
      }
      // A file that cannot be replaced would be packed again and again.
      guard isPut else { return }
      progress()
    }
  }

  /// Opens the oldest file that can be packed. Links and files of others are passed over.
  private func oldestUnpacked(_ place: FilePlace) -> (source: Int32, number: Int)? {
    work(place) { names in
      var number = 2
      var oldest: Int?
      while number <= keptOldFiles, names.isTaken(number) {
        // A packed file with its final name is complete: a predecessor that was killed then had only this
        // removal left to do.
        if names.folder.facts(of: names.packed(number)) != nil {
          names.folder.remove(names.plain(number))
        } else if let facts = names.folder.facts(of: names.plain(number)), facts.kind == .regular, place.isOurs(facts) {
          oldest = number
        }
        number += 1
      }
      guard let oldest, let source = try? names.folder.open(names.plain(oldest), O_RDONLY | O_NONBLOCK) else { return nil }
      return (source, oldest)
    } ?? nil
  }
}

extension LogMaintenance.Job {
  /// Packs the files of a log that were put aside.
  static func pack(_ rotation: LogRotation, device: UInt64) -> Self {
    Self(call: BlockingCall(device: device, path: rotation.path), subject: ObjectIdentifier(rotation)) { rotation.pack($0) }
  }
}
