// A file that is written to by others: how far it has grown, and which run wrote what.

import CLinux
import Glibc
import Linux
import Synchronization

/// What is known of the file of a direct log.
struct DirectFile {
  private(set) var descriptor: Int32 = -1
  private(set) var isRegular = false
  private var device: dev_t = 0
  private var inode: ino_t = 0
  /// The file system's block: what can be taken out of a file is a multiple of it.
  private(set) var block: UInt64 = 4096
  /// As it was last seen.
  private(set) var size: UInt64 = 0
  private var uncounted: UInt64 = 0
  /// The position of the file's first byte.
  private(set) var base: UInt64 = 0
  /// How much at its beginning was moved away already, but is still there as a hole.
  private(set) var hole: UInt64 = 0
  /// Until when it is not tried again to make it smaller.
  private var restsUntil: SuspendingClock.Instant?
  /// How far it was read for those who follow; nil while nobody does.
  var fed: UInt64?
  /// The last runs, and from where on they write.
  private var runs: [(run: UInt64, begin: UInt64)] = []

  private static let runBound = 64
  /// What a reader sees who has just come, or was away for too long.
  static let tailBound: UInt64 = 256 * 1024

  /// The position of its end.
  var end: UInt64 { base + size }
  /// The position where what is left of it begins.
  var begin: UInt64 { base + hole }

  /// Sees to it that the open file is the one that the path names. Whether it was not yet.
  mutating func open(_ path: String, _ rotation: LogRotation) throws(SystemError) -> Bool {
    var status = stat()
    if descriptor >= 0, stat(path, &status) == 0, status.st_ino == inode, status.st_dev == device { return false }
    if let parent = Directories.parent(of: path), access(parent, F_OK) != 0 { try Directories.make(parent) }
    // Reading and writing, so that a pipe by this name holds nobody up.
    let opened = try system { Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600) }
    guard fstat(opened, &status) == 0 else {
      let error = SystemError.last
      Glibc.close(opened)
      throw error
    }
    base = end
    close()
    descriptor = opened
    device = status.st_dev
    inode = status.st_ino
    isRegular = status.st_mode & S_IFMT == S_IFREG
    block = UInt64(max(512, status.st_blksize))
    size = UInt64(max(0, status.st_size))
    if isRegular { recover(path, rotation) }
    return true
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
    hole = 0
    size = 0
    fed = nil
  }

  /// Finishes what one that was killed had begun: its copy of the head counts if the head is gone, else it is made anew some time.
  private mutating func recover(_ path: String, _ rotation: LogRotation) {
    let first = clinux_file_seek_data(descriptor, 0)
    if first > 0 { hole = UInt64(first) }
    unlink(DirectLog.unfinishedCopy(of: path))
    let copy = DirectLog.copy(of: path)
    if access(copy, F_OK) == 0 {
      if hole > 0 { _ = rotation.rotate(copy) } else { unlink(copy) }
    }
    _ = collapse()
  }

  // MARK: Growth

  /// Looks how far it has grown.
  mutating func grow() {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return }
    let now = UInt64(max(0, status.st_size))
    if now < size {
      // Somebody emptied it: what is there now is new.
      base = end
      (size, hole) = (0, 0)
      if fed != nil { fed = base }
    }
    uncounted += now - size
    size = now
  }

  /// By how much it has grown since this was asked last.
  mutating func takeGrowth() -> UInt64 {
    grow()
    defer { uncounted = 0 }
    return uncounted
  }

  mutating func begin(run: UInt64, isAdopted: Bool) {
    grow()
    // Where an adopted run began is not known.
    runs.append((run, isAdopted ? begin : end))
    if runs.count > Self.runBound { runs.removeFirst() }
  }

  /// The run that wrote what stands there; 0 if it is not known.
  func run(at position: UInt64) -> UInt64 { runs.last { $0.begin <= position }?.run ?? 0 }

  func beginning(of run: UInt64) -> UInt64? { runs.last { $0.run == run }?.begin }

  // MARK: Making it smaller

  var canShrink: Bool { restsUntil.map { $0 <= .now } ?? true }

  /// It failed. A full disk may have room later; a file system that cannot do it never can. Whether that is news.
  mutating func failedToShrink(isForGood: Bool) -> Bool {
    defer { restsUntil = .now + .seconds(isForGood ? 1 << 40 : 30) }
    return restsUntil == nil
  }

  /// The head up to there was moved away, and is a hole.
  mutating func punched(to end: UInt64) { hole = end }

  /// Takes the hole out of the file. False where the file system cannot: then it stays, and costs nothing but the looks of it.
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

  /// Reads at a position; how much there was.
  func read(at position: UInt64, _ target: UnsafeMutableRawBufferPointer) -> Int {
    guard position >= begin, position < end else { return 0 }
    let wanted = min(target.count, Int(end - position))
    return max(0, uninterrupted { pread(descriptor, target.baseAddress, wanted, off_t(position - base)) })
  }

  /// The end of the next line from there on, or the end of it all.
  func nextLine(after position: UInt64, _ block: UnsafeMutableRawBufferPointer) -> UInt64 {
    guard position > begin else { return begin }
    let count = read(at: position - 1, block)
    return UnsafeRawBufferPointer(rebasing: block[0..<count]).newline(from: 0).map { position + UInt64($0) } ?? position
  }

  /// Hands on what was written since it was last done. Of more than `tailBound` the end, unless all of it is wanted.
  mutating func feed(_ log: ServiceLog, _ block: UnsafeMutableRawBufferPointer, completely: Bool) -> Bool {
    var position = fed ?? (completely ? runs.last?.begin ?? end : end - min(end - begin, Self.tailBound))
    if fed == nil {
      if !completely { position = nextLine(after: position, block) }
      log.record.withLock { $0.skip(0) }
    }
    // More than is handed on at once, or moved away before it was: a line says that some are left out.
    if position < begin || !completely && end - position > Self.tailBound {
      let next = nextLine(after: completely ? begin + 1 : max(begin + 1, end - min(end, Self.tailBound)), block)
      // How many lines that were is not known without reading them: so many, if they are of the usual length.
      log.record.withLock { $0.skip(max(1, (next - position) / 100)) }
      position = next
    }
    let first = position
    while position < end {
      let run = run(at: position)
      let bound = runs.first { $0.begin > position }?.begin ?? end
      let room = UnsafeMutableRawBufferPointer(rebasing: block[0..<min(block.count, Int(bound - position))])
      let count = read(at: position, room)
      guard count > 0 else { break }
      log.take(
        UnsafeRawBufferPointer(rebasing: block[0..<count]), from: LogSource(run: run, stream: .stdout), time: LineStamp.now(),
        isCounted: false)
      position += UInt64(count)
    }
    fed = position
    return position > first
  }
}
