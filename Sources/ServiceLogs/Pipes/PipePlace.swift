// Where the FIFOs of runs lie: in memory where that lasts, else beside the state.

import CLinux
import Glibc

/// The folder for the FIFOs of a Stoker. On a disk each costs some 300 µs to make and as much to remove, in memory 4.
package enum PipePlace {
  private static let memory = "/dev/shm"

  /// The folder that FIFOs are to be made in: the same whenever it is asked for, so that a successor finds them.
  ///
  /// The shared memory of people is cleared when they log out (`RemoveIPC=` in logind.conf(5)), which system users are spared:
  /// only theirs is good for what is to outlive us.
  /// - Parameters:
  ///   - name: what no other Stoker's folder is called.
  ///   - stateDirectory: where they lie otherwise.
  package static func folder(named name: String, stateDirectory: String) -> String {
    let shared = "\(memory)/\(name)"
    guard geteuid() < 1000, clinux_is_in_memory(memory) != 0, isOurs(shared) else { return "\(stateDirectory)/output" }
    return shared
  }

  /// The end in order: a folder in memory is not left behind, unless something is in it.
  package static func leave(_ folder: String) {
    if folder.hasPrefix("\(memory)/") { rmdir(folder) }
  }

  /// Everybody can make something by this name there; once we have made it, only we can take it away.
  private static func isOurs(_ path: String) -> Bool {
    if mkdir(path, 0o700) == 0 { return true }
    var status = stat()
    return errno == EEXIST && lstat(path, &status) == 0 && status.st_mode & (S_IFMT | 0o077) == S_IFDIR && status.st_uid == geteuid()
  }
}
