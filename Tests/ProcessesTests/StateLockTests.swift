// The lock of a state directory, in it and outside of it.

import Glibc
import Linux
import Processes
import TestSupport
import Testing

@Suite struct StateLockTests {
  @Test("a state directory has one holder at a time, and the error names it")
  func lock() throws {
    let folder = try Folder()
    let path = "\(folder.path)/state/fog"
    do {
      let first = try StateLock(directory: path)
      let error = #expect(throws: StateLockError.self) { try StateLock(directory: path) }
      #expect(error == .held(directory: path, holder: getpid()))
      #expect(error?.description.contains("pid \(getpid())") == true)
      withExtendedLifetime(first) {}
    }
    _ = try StateLock(directory: path)
    var status = stat()
    #expect(stat("\(path)/lock", &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    let file = try folder.write("file", "")
    #expect(throws: StateLockError.self) { try StateLock(directory: file) }
  }

  @Test("a second holder is refused also where the directory was removed, or is another", .enabled(if: geteuid() == 0))
  func lockOutside() throws {
    let folder = try Folder()
    let path = "\(folder.path)/state"
    let runtime = try #require(RuntimeFolder.open(named: path, runtimeDirectory: nil)).path
    do {
      let first = try StateLock(directory: path)
      #expect(first.place.loss() == nil)
      #expect(rename(path, "\(path).old") == 0)
      #expect(first.place.loss() == .gone)
      #expect(throws: StateLockError.held(directory: path, holder: getpid())) { try StateLock(directory: path) }
      #expect(first.place.loss() == .gone, "a directory that may come back is not made again")
      #expect(mkdir(path, 0o700) == 0)
      #expect(throws: StateLockError.held(directory: path, holder: getpid())) { try StateLock(directory: path) }
      #expect(first.place.loss() == .replaced)
      #expect(unlink("\(path)/lock") == 0 && rmdir(path) == 0)
      #expect(symlink("elsewhere", path) == 0 && mkdir("\(folder.path)/elsewhere", 0o700) == 0)
      #expect(throws: StateLockError.held(directory: path, holder: getpid())) { try StateLock(directory: path) }
      #expect(unlink(path) == 0 && rename("\(path).old", path) == 0)
      #expect(first.place.loss() == nil)
      withExtendedLifetime(first) {}
    }
    #expect(access(runtime, F_OK) != 0, "nothing is left outside")
    _ = try StateLock(directory: path)
  }

  @Test("a lock is a file of ours: no link is followed, and nobody else can hold it", .enabled(if: geteuid() == 0))
  func foreignLock() throws {
    let folder = try Folder()
    let lock = try folder.write("lock", "1\n", mode: 0o644)
    _ = try StateLock(directory: folder.path)
    #expect(FileFacts.of(lock)?.mode == 0o600)
    #expect(chown(lock, 65534, 65534) == 0)
    #expect(throws: StateLockError.foreign(path: lock)) { try StateLock(directory: folder.path) }
    let target = try folder.write("target", "x")
    #expect(unlink(lock) == 0 && symlink(target, lock) == 0)
    #expect(throws: StateLockError.unreachable(.system(path: lock, SystemError(errno: ELOOP)))) { try StateLock(directory: folder.path) }
    #expect(contents(target) == "x")
  }

  @Test("root uses no state directory that everybody may write, unless it is to trust it", .enabled(if: geteuid() == 0))
  func openStateDirectory() throws {
    let folder = try Folder()
    let path = "\(folder.path)/open/state"
    #expect(mkdir("\(folder.path)/open", 0o777) == 0 && chmod("\(folder.path)/open", 0o777) == 0)
    let error = #expect(throws: StateLockError.self) { try StateLock(directory: path) }
    #expect(
      error?.description
        == "root does not use the state directory '\(path)', since '\(folder.path)/open' can be written by everybody; mend that with 'chmod o-w \(folder.path)/open', or use --trust-files"
    )
    #expect(access(path, F_OK) != 0, "nothing was made")
    _ = try StateLock(directory: path, trusts: true)
    #expect(chmod("\(folder.path)/open", 0o1777) == 0)
    _ = try StateLock(directory: path)
  }
}
