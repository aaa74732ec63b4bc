// inotify: hearing that files have been written to.

import Glibc
import Linux

/// Tells once of each file that it was written to.
final class FileWatch {
  let descriptor: Int32
  private var logs: [Int32: ServiceLog] = [:]
  private var watches: [ObjectIdentifier: Int32] = [:]

  init() throws(SystemError) {
    descriptor = try system { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) }
  }

  deinit { close(descriptor) }

  /// Watches an open file, whatever its name is by now. Once: a busy writer would have us busy. False if that cannot be.
  func add(_ log: ServiceLog, _ file: Int32) -> Bool {
    let watch = inotify_add_watch(descriptor, "/proc/self/fd/\(file)", UInt32(IN_MODIFY) | IN_ONESHOT)
    guard watch >= 0 else { return false }
    logs[watch] = log
    watches[ObjectIdentifier(log)] = watch
    return true
  }

  func forget(_ log: ServiceLog) {
    guard let watch = watches.removeValue(forKey: ObjectIdentifier(log)) else { return }
    inotify_rm_watch(descriptor, watch)
    logs[watch] = nil
  }

  /// Those that were written to.
  func grown() -> [ServiceLog] {
    var grown: [ServiceLog] = []
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var position = 0
        while position + MemoryLayout<inotify_event>.size <= count {
          let event = buffer.load(fromByteOffset: position, as: inotify_event.self)
          // Either way it is watched no more.
          if event.mask & (UInt32(IN_MODIFY) | UInt32(IN_IGNORED)) != 0, let log = logs.removeValue(forKey: event.wd) {
            watches[ObjectIdentifier(log)] = nil
            grown.append(log)
          }
          position += MemoryLayout<inotify_event>.size + Int(event.len)
        }
      }
    }
    return grown
  }
}
