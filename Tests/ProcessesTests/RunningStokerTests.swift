// The Stokers that run, by their locks.

import Glibc
import TestSupport
import Testing

@testable import Processes

@Suite struct RunningStokerTests {
  @Test("the table of locks names the processes that hold one of flock(2)")
  func table() {
    let table = """
      1: POSIX  ADVISORY  READ 501 fe:00:1141525 128 128
      2: FLOCK  ADVISORY  WRITE 502 fe:00:1141519 0 EOF
      2: -> FLOCK  ADVISORY  WRITE 503 fe:00:1141519 0 EOF
      3: FLOCK  ADVISORY  WRITE -1 00:20:13 0 EOF
      4: FLOCK  ADVISORY  WRITE 99999999999 00:20:13 0 EOF
      5: FLOCK
      6: OFDLCK ADVISORY  READ  -1 00:06:5 0 EOF

      """
    #expect(RunningStoker.holders(ofLocks: Array(table.utf8)) == [502])
    #expect(RunningStoker.holders(ofLocks: []) == [])
  }

  @Test("a held state directory with a socket is a Stoker; its record names the file; a directory that others may write proves nothing")
  func found() throws {
    let folder = try Folder()
    let directory = "\(folder.path)/state"
    let lock = try StateLock(directory: directory)
    func mine() -> [RunningStoker] { RunningStoker.all().filter { $0.pid == getpid() && $0.directory == directory } }
    #expect(mine() == [])
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(directory)/stoker.sock".utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    #expect(result == 0)
    #expect(mine() == [RunningStoker(pid: getpid(), directory: directory, file: nil)])
    try RuntimeRecord(file: "/srv/stoker.yaml").write(to: directory)
    #expect(mine() == [RunningStoker(pid: getpid(), directory: directory, file: "/srv/stoker.yaml")])
    #expect(chmod(directory, 0o777) == 0)
    #expect(mine() == [])
    #expect(chmod(directory, 0o700) == 0)
    #expect(rename(directory, "\(directory).old") == 0)
    #expect(mine() == [])
    #expect(RunningStoker.all().contains { $0.directory == "\(directory).old" && $0.file == "/srv/stoker.yaml" })
    #expect(rename("\(directory).old", directory) == 0)
    #expect(unlink("\(directory)/lock") == 0)
    #expect(mine() == [RunningStoker(pid: getpid(), directory: directory, isLost: true, file: nil)])
    withExtendedLifetime(lock) {}
  }
}
