// The log of a service that writes into the file itself.
//
// Offsets are counted from the beginning of what was ever said ("positions"): they stay what they are when the head of the file is moved
// away. Our descriptor is for looking, and for making the file smaller; whoever writes has its own, and always appends.

import CLinux
import Glibc
import Linux
import Synchronization

/// The file of a direct log.
final class DirectLog: Sendable {
  let path: String
  let device: UInt64
  let rotation: LogRotation
  let maxSize: Atomic<UInt64>
  let state = Mutex(DirectFile())
  let shrinking = Mutex(())
  private let core: CollectorCore
  /// When it was followed last, in nanoseconds since the machine started; 0: never.
  private let followed = Atomic<Int64>(0)

  /// Who has not asked for so long does not follow any more.
  private static let patience: Int64 = 60_000_000_000

  init(_ policy: LogPolicy, path: String, device: UInt64, rotation: LogRotation, core: CollectorCore) {
    self.path = path
    self.device = device
    self.rotation = rotation
    self.core = core
    maxSize = Atomic(max(1, policy.maxSize))
  }

  /// Opens the file for a run, or goes on with it for one that is adopted (then there is nothing for a child).
  func open(run: UInt64, isAdopted: Bool = false) throws(LogError) -> OutputEnds? {
    do {
      return try state.withLock { (file) throws(SystemError) in
        let isNew = try file.open(path, rotation)
        file.begin(run: run, isAdopted: isAdopted)
        if isNew, rotation.places > 1 { core.packer.add(.pack(rotation, device: device)) }
        guard !isAdopted else { return nil }
        let child = try system { Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600) }
        return OutputEnds(stdout: child, stderr: child)
      }
    } catch {
      throw .file(path: path, error)
    }
  }

  deinit { state.withLock { $0.close() } }

  // MARK: Following

  func follow() { followed.store(Self.now(), ordering: .relaxed) }

  var isFollowed: Bool {
    let last = followed.load(ordering: .relaxed)
    return last > 0 && Self.now() - last < Self.patience
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// What came of a look.
  enum Look {
    /// It grows; soon again, if somebody waits for what is written.
    case busy(isAwaited: Bool)
    /// It does not: this is to be watched.
    case quiet(Int32)
    /// There is nothing to look at.
    case nothing
  }

  /// Counts what was written since the last look, hands it to those who follow, and has the head moved away when there is too much of it.
  /// For the mover.
  func look(for log: ServiceLog, _ block: UnsafeMutableRawBufferPointer) -> Look {
    let (expects, isWaited) = log.record.withLock { ($0.expectations > 0, $0.followers > 0) }
    let isRead = expects || isWaited || isFollowed
    // Where the packer is at it just now, the next look will do.
    let outcome = state.withLockIfAvailable { file -> (look: Look, isTooLarge: Bool) in
      guard file.descriptor >= 0, file.isRegular else { return (.nothing, false) }
      let grown = file.takeGrowth()
      if grown > 0 { log.record.withLock { $0.grew(by: grown) } }
      let tooLarge = file.size - file.hole > maxSize.load(ordering: .relaxed) && file.canShrink
      let hasRead = isRead ? file.feed(log, block, completely: expects) : false
      if !isRead { file.fed = nil }
      return (grown > 0 || hasRead || tooLarge ? .busy(isAwaited: isRead) : .quiet(file.descriptor), tooLarge)
    }
    guard let outcome else { return .busy(isAwaited: isRead) }
    if outcome.isTooLarge { core.packer.add(.shrink(self)) }
    return outcome.look
  }

  func tell(_ trouble: LogTrouble) { core.tell(trouble) }
}
