// Moves the head of a direct log away while its service writes.
//
// The head is copied and made a hole; then the copy gets its name, and the hole is taken out of the file. If
// Stoker is killed at any point, the next one sees by the hole whether the copy is the only one (see
// `DirectFile.recover`). Writers wait for the last step alone.

import CLinux
import Glibc
import Linux
import Synchronization

extension DirectLog {
  /// The name of a finished copy of the head.
  static func copy(of name: String) -> String { "\(name).moving" }

  /// The end of the file that stays in place, for readers.
  private static let keptBound: UInt64 = 64 * 1024
  private static let copyBlock = 128 * 1024

  /// The range that is moved away, and the size of one file.
  private struct Plan {
    var descriptor: Int32
    var place: FilePlace
    var begin: UInt64
    var end: UInt64
    var piece: UInt64
  }

  /// Moves all but the end of the file away, into files of the configured size. Called by the maintenance;
  /// returns at once if another thread is already shrinking this log.
  func shrink(_ progress: () -> Void) {
    _ = shrinking.withLockIfAvailable { _ in moveHead(progress) }
  }

  private func moveHead(_ progress: () -> Void) {
    guard let plan = plan() else { return }
    defer { close(plan.descriptor) }
    var begin = plan.begin
    let count = Int((plan.end - plan.begin + plan.piece - 1) / plan.piece)
    let copied = rotation.keptOldFiles
    for number in 0..<count {
      let end = min(begin + plan.piece, plan.end)
      // Pieces beyond the number of kept files would be removed at once, so they are not copied.
      guard move(plan, begin..<end, isCopied: count - number <= copied, progress) else { return }
      begin = end
      progress()
    }
    _ = state.withLock { $0.collapse() }
    rotation.pack(progress)
  }

  private func plan() -> Plan? {
    state.withLock { file in
      guard file.descriptor >= 0, file.canShrink else { return nil }
      file.grow()
      let maxSize = maxSize.load(ordering: .relaxed)
      var end = file.size - min(file.size, min(Self.keptBound, maxSize / 4))
      // Bytes that were not delivered to readers yet stay.
      if let delivered = file.delivered { end = min(end, delivered > file.base ? delivered - file.base : 0) }
      end = end / file.block * file.block
      guard file.size - file.hole > maxSize, end > file.hole else { return nil }
      guard let place = rotation.place else { return nil }
      let descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 3)
      guard descriptor >= 0 else { return nil }
      return Plan(
        descriptor: descriptor, place: place, begin: file.hole, end: end, piece: max(1, maxSize / file.block) * file.block)
    }
  }

  private func move(_ plan: Plan, _ range: Range<UInt64>, isCopied: Bool, _ progress: () -> Void) -> Bool {
    let copy = Self.copy(of: plan.place.name)
    if isCopied {
      do {
        try write(plan, range, to: copy, progress)
      } catch {
        giveUp(error, isForGood: false)
        return false
      }
    }
    guard clinux_file_punch(plan.descriptor, Int64(range.lowerBound), Int64(range.upperBound - range.lowerBound)) == 0 else {
      let error = SystemError.last
      if isCopied { _ = try? plan.place.acting { $0.remove(copy) } }
      giveUp(error, isForGood: true)
      return false
    }
    state.withLock { $0.punched(to: range.upperBound) }
    if isCopied { _ = rotation.rotate(copy) }
    return true
  }

  /// Reports a failure once. After a full disk the next attempt comes with a later look.
  private func giveUp(_ error: SystemError, isForGood: Bool) {
    if state.withLock({ $0.failedToShrink(isForGood: isForGood) }) { report(.growing(path: path, error)) }
  }

  /// Copies a range into a file of this name, which is there only when it is complete.
  private func write(_ plan: Plan, _ range: Range<UInt64>, to name: String, _ progress: () -> Void) throws(SystemError) {
    let target = try plan.place.acting { (folder) throws(SystemError) in try folder.makeTemporary(for: name) }
    defer { close(target.descriptor) }
    let isWritten = write(plan.descriptor, range, to: target.descriptor, progress)
    let error = SystemError.last
    try plan.place.acting { (folder) throws(SystemError) in
      do throws(SystemError) {
        guard isWritten else { throw error }
        try folder.rename(target.name, to: name)
      } catch {
        folder.remove(target.name)
        throw error
      }
    }
  }

  private func write(_ source: Int32, _ range: Range<UInt64>, to target: Int32, _ progress: () -> Void) -> Bool {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.copyBlock, alignment: 4096)
    defer { block.deallocate() }
    var position = range.lowerBound
    while position < range.upperBound {
      let wanted = min(block.count, Int(range.upperBound - position))
      let count = uninterrupted { pread(source, block.baseAddress, wanted, off_t(position)) }
      guard count > 0, writeAll(UnsafeRawBufferPointer(rebasing: block[0..<count]), to: target) == count else { return false }
      position += UInt64(count)
      progress()
    }
    return true
  }
}

extension LogMaintenance.Job {
  /// Moves the head of a direct log away.
  static func shrink(_ log: DirectLog) -> Self {
    Self(call: BlockingCall(device: log.device, path: log.path), subject: ObjectIdentifier(log)) { log.shrink($0) }
  }
}
