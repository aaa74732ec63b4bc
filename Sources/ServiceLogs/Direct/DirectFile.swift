// The file of a direct log: its growth, and the parts that each run wrote.

import CLinux
import Glibc
import Linux
import Synchronization

/// The state of a file that a service writes itself.
struct DirectFile {
  private(set) var descriptor: Int32 = -1
  private(set) var isRegular = false
  private var device: dev_t = 0
  private var inode: ino_t = 0
  /// The file system's block: only a multiple of it can be taken out of a file.
  private(set) var block: UInt64 = 4096
  /// The size at the last look.
  private(set) var size: UInt64 = 0
  private var uncounted: UInt64 = 0
  /// The position of the file's first byte.
  private(set) var base: UInt64 = 0
  /// The length of the head that was moved away already, and is still there as a hole.
  private(set) var hole: UInt64 = 0
  /// The time of the next attempt to make it smaller, after a failure.
  private var restsUntil: SuspendingClock.Instant?
  /// The position up to which readers got the file; nil while it has none.
  var delivered: UInt64?
  /// The last runs, each with the position where it begins.
  private var runs: [(run: UInt64, begin: UInt64)] = []

  private static let runBound = 64
  /// The part of the file that a new reader gets, or one that fell behind.
  static let tailBound: UInt64 = 256 * 1024

  /// The position of its end.
  var end: UInt64 { base + size }
  /// The position of the first byte that is left.
  var begin: UInt64 { base + hole }

  /// Opens the file of a place. Returns whether that is another file than before.
  mutating func open(_ place: FilePlace, _ rotation: LogRotation) throws(FolderError) -> Bool {
    rotation.follow(nil)
    // Reading and writing, so that the call does not wait if the path names a pipe.
    let opened = try place.open(O_RDWR | O_APPEND | O_CREAT | O_NOCTTY)
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      let error = SystemError.last
      Glibc.close(opened)
      throw .system(path: place.path, error)
    }
    if status.st_mode & S_IFMT == S_IFREG { rotation.follow(place) }
    if descriptor >= 0, status.st_ino == inode, status.st_dev == device {
      Glibc.close(opened)
      return false
    }
    base = end
    close()
    descriptor = opened
    device = status.st_dev
    inode = status.st_ino
    isRegular = status.st_mode & S_IFMT == S_IFREG
    block = UInt64(max(512, status.st_blksize))
    size = UInt64(max(0, status.st_size))
    if isRegular { recover(place, rotation) }
    return true
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    hole = 0
    size = 0
    delivered = nil
  }

  /// Finishes the work of a killed predecessor: its copy of the head counts if the head is gone, else the
  /// copy is made again later. A copy that is not ours counts for nothing.
  private mutating func recover(_ place: FilePlace, _ rotation: LogRotation) {
    let first = clinux_file_seek_data(descriptor, 0)
    if first > 0 { hole = UInt64(first) }
    let copy = DirectLog.copy(of: place.name)
    let isThere = try? place.acting { folder in
      // Unfinished copies: of this Stoker, and of one before 0.2.
      folder.removeTemporaries(for: [copy], of: place.writer)
      folder.remove("\(copy).tmp")
      guard let facts = folder.facts(of: copy), facts.kind == .regular, place.isOurs(facts) else { return false }
      if hole == 0 { folder.remove(copy) }
      return hole > 0
    }
    if isThere == true { _ = rotation.rotate(copy) }
    _ = collapse()
  }

  // MARK: Growth

  /// Measures the growth.
  mutating func grow() {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    let now = UInt64(max(0, status.st_size))
    if now < size {
      // The file was emptied: its content is new.
      base = end
      (size, hole) = (0, 0)
      if delivered != nil { delivered = base }
    }
    uncounted += now - size
    size = now
  }

  /// The growth since the last call.
  mutating func takeGrowth() -> UInt64 {
    grow()
    defer { uncounted = 0 }
    return uncounted
  }

  mutating func begin(run: UInt64, isAdopted: Bool) {
    grow()
    // The beginning of an adopted run is not known.
    runs.append((run, isAdopted ? begin : end))
    if runs.count > Self.runBound { runs.removeFirst() }
  }

  /// The run that wrote the byte at this position; 0 if it is not known.
  func run(at position: UInt64) -> UInt64 { runs.last { $0.begin <= position }?.run ?? 0 }

  func beginning(of run: UInt64) -> UInt64? { runs.last { $0.run == run }?.begin }

  // MARK: Making it smaller

  var canShrink: Bool { restsUntil.map { $0 <= .now } ?? true }

  /// Notes a failure: after a full disk it is tried again later, on a file system that cannot do it, never.
  /// Returns whether it is the first.
  mutating func failedToShrink(isForGood: Bool) -> Bool {
    defer { restsUntil = .now + .seconds(isForGood ? 1 << 40 : 30) }
    return restsUntil == nil
  }

  /// Notes that the head up to this offset was moved away, and is a hole.
  mutating func punched(to end: UInt64) { hole = end }

  /// Takes the hole out of the file. False where the file system cannot: then the hole stays, at no cost but
  /// the file's apparent size.
  mutating func collapse() -> Bool {
    let length = hole / block * block
    guard length > 0, length < size, clinux_file_collapse(descriptor, 0, Int64(length)) == 0 else { return length == 0 }
    base += length
    size -= length
    hole -= length
    restsUntil = nil
    return true
  }

  // MARK: Reading

  /// Reads at a position; returns the number of bytes.
  func read(at position: UInt64, _ target: UnsafeMutableRawBufferPointer) -> Int {
    guard position >= begin, position < end else { return 0 }
    let wanted = min(target.count, Int(end - position))
    return max(0, uninterrupted { pread(descriptor, target.baseAddress, wanted, off_t(position - base)) })
  }

  /// The beginning of the next line at or after a position, or the position itself without one.
  func nextLine(after position: UInt64, _ block: UnsafeMutableRawBufferPointer) -> UInt64 {
    guard position > begin else { return begin }
    let count = read(at: position - 1, block)
    return UnsafeRawBufferPointer(rebasing: block[0..<count]).newline(from: 0).map { position + UInt64($0) } ?? position
  }

  /// Delivers the output since the last call: only the last `tailBound` bytes of it, unless `completely`.
  /// Returns whether there was any.
  mutating func deliver(to feed: LogFeed, _ block: UnsafeMutableRawBufferPointer, completely: Bool) -> Bool {
    var position = delivered ?? (completely ? runs.last?.begin ?? end : end - min(end - begin, Self.tailBound))
    if delivered == nil {
      if !completely { position = nextLine(after: position, block) }
      feed.record.withLock { $0.skip(0) }
    }
    // More than is delivered at once, or moved away before its delivery: readers see how many lines were
    // skipped.
    if position < begin || !completely && end - position > Self.tailBound {
      let next = nextLine(after: completely ? begin + 1 : max(begin + 1, end - min(end, Self.tailBound)), block)
      // An estimate: the number of lines is not known without reading them; the usual length is 100 bytes.
      feed.record.withLock { $0.skip(max(1, (next - position) / 100)) }
      position = next
    }
    let first = position
    while position < end {
      let run = run(at: position)
      let bound = runs.first { $0.begin > position }?.begin ?? end
      let room = UnsafeMutableRawBufferPointer(rebasing: block[0..<min(block.count, Int(bound - position))])
      let count = read(at: position, room)
      guard count > 0 else { break }
      feed.append(
        UnsafeRawBufferPointer(rebasing: block[0..<count]), from: LogSource(run: run, stream: .stdout), time: LineStamp.now())
      position += UInt64(count)
    }
    delivered = position
    return position > first
  }
}
