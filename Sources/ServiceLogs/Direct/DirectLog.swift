// The log of a service that writes into the file itself.
//
// Positions count from the first byte ever written: they do not change when the head of the file is moved
// away. Our descriptor is for reading, and for making the file smaller; the service writes through its own,
// which always appends.

import CLinux
import Glibc
import Linux
import Synchronization

/// The file of a direct log.
final class DirectLog: Sendable {
  let path: String
  private let spared: [String]
  let device: UInt64
  let rotation: LogRotation
  let maxSize: Atomic<UInt64>
  let state = Mutex(DirectFile())
  let shrinking = Mutex(())
  private let feed: LogFeed
  private let maintenance: LogMaintenance
  let report: @Sendable (LogTrouble) -> Void
  /// Whether the outputs of the present run lead nowhere.
  let isDiscarding = Atomic<Bool>(false)
  /// The time of the last follower's call, in nanoseconds since the machine started; 0: never.
  private let followed = Atomic<Int64>(0)

  /// A log counts as followed for this long after a follower's call.
  private static let patience: Int64 = 60_000_000_000

  init(
    _ policy: LogPolicy, path: String, device: UInt64, feed: LogFeed, rotation: LogRotation, maintenance: LogMaintenance,
    report: @escaping @Sendable (LogTrouble) -> Void
  ) {
    self.path = path
    spared = policy.spared
    self.device = device
    self.feed = feed
    self.rotation = rotation
    self.maintenance = maintenance
    self.report = report
    maxSize = Atomic(max(1, policy.maxSize))
  }

  /// Opens the file for a run, and its end for the child. An adopted run has its end already: nil.
  /// - Parameter rights: the ids of the child, for a folder in which others can write; nil if they are ours.
  func open(run: UInt64, _ rights: FileRights?, isAdopted: Bool = false) throws(LogError) -> OutputEnds? {
    if !isAdopted { isDiscarding.store(false, ordering: .relaxed) }
    do {
      return try state.withLock { (file) throws(FolderError) in
        switch try FilePlace.find(path, .log(rights, sparing: spared)) {
        case .file(let place):
          let isNew = try file.open(place, rotation)
          file.begin(run: run, isAdopted: isAdopted)
          if isNew, rotation.keptOldFiles > 1 { maintenance.add(.pack(rotation, device: device)) }
          return isAdopted ? nil : try ends(in: place)
        case .descriptor(let number):
          file.close()
          rotation.follow(nil)
          return isAdopted ? nil : try ends(of: number)
        }
      }
    } catch {
      // A folder that others may write keeps no service from running.
      if case .system = error { throw .file(path: path, error) }
      report(.discarded(path: path, error))
      guard !isAdopted else { return nil }
      isDiscarding.store(true, ordering: .relaxed)
      return try nowhere()
    }
  }

  /// Outputs that lead nowhere.
  private func nowhere() throws(LogError) -> OutputEnds {
    let null = Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
    guard null >= 0 else { throw .file(path: "/dev/null", .system(path: "/dev/null", .last)) }
    return OutputEnds(stdout: null, stderr: null)
  }

  private func ends(in place: FilePlace) throws(FolderError) -> OutputEnds {
    guard place.rights == nil else {
      do { return try OutputEnds(place) } catch { throw .system(path: path, error) }
    }
    let child = try place.open(O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY)
    return OutputEnds(stdout: child, stderr: child)
  }

  private func ends(of stream: Int32) throws(FolderError) -> OutputEnds {
    do {
      let child = try InheritedStream.openWaiting(stream)
      return OutputEnds(stdout: child, stderr: child)
    } catch {
      throw .system(path: path, error)
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

  /// The result of a look at the file.
  enum Look {
    /// The file grows. The next look comes sooner if the log has readers.
    case busy(isAwaited: Bool)
    /// The file does not grow: watch this descriptor.
    case quiet(Int32)
    /// There is no file to look at.
    case nothing
  }

  /// Counts the growth since the last look, delivers it to readers, and has the head moved away when the file
  /// is too large. For the pump.
  func look(_ block: UnsafeMutableRawBufferPointer) -> Look {
    let (expects, isWaited) = feed.record.withLock { ($0.expectations > 0, $0.followers > 0) }
    let isRead = expects || isWaited || isFollowed
    // While the maintenance has the file locked, the next look is early enough.
    let result = state.withLockIfAvailable { file -> (look: Look, isTooLarge: Bool) in
      guard file.descriptor >= 0, file.isRegular else { return (.nothing, false) }
      let grown = file.takeGrowth()
      if grown > 0 { feed.record.withLock { $0.grew(by: grown) } }
      let tooLarge = file.size - file.hole > maxSize.load(ordering: .relaxed) && file.canShrink
      let hasRead = isRead ? file.deliver(to: feed, block, completely: expects) : false
      if !isRead { file.delivered = nil }
      return (grown > 0 || hasRead || tooLarge ? .busy(isAwaited: isRead) : .quiet(file.descriptor), tooLarge)
    }
    guard let result else { return .busy(isAwaited: isRead) }
    if result.isTooLarge { maintenance.add(.shrink(self)) }
    return result.look
  }
}
