// inotify: notices that files have been written to.

import Glibc
import Linux

/// Reports the next write to each file, once.
final class FileWatch {
  let descriptor: Int32
  private var logs: [Int32: DirectLog] = [:]
  private var watches: [ObjectIdentifier: Int32] = [:]

  init() throws(SystemError) {
    descriptor = try system { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) }
  }

  deinit { close(descriptor) }

  /// Watches an open file, independent of its present name. For one write: a busy writer would keep us busy.
  /// False if it is refused.
  func add(_ log: DirectLog, _ file: Int32) -> Bool {
    let watch = inotify_add_watch(descriptor, "/proc/self/fd/\(file)", UInt32(IN_MODIFY) | IN_ONESHOT)
    guard watch >= 0 else { return false }
    logs[watch] = log
    watches[ObjectIdentifier(log)] = watch
    return true
  }

  func forget(_ log: DirectLog) {
    guard let watch = watches.removeValue(forKey: ObjectIdentifier(log)) else { return }
    inotify_rm_watch(descriptor, watch)
    logs[watch] = nil
  }

  /// The logs whose files were written to.
  func grown() -> [DirectLog] {
    var grown: [DirectLog] = []
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var position = 0
        while position + MemoryLayout<inotify_event>.size <= count {
          let event = buffer.load(fromByteOffset: position, as: inotify_event.self)
          // In both cases the file is not watched any more.
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
