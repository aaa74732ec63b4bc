// File checks on real files.

import Glibc
import NIOPosix
import Testing

@testable import Probes

@Suite("file check") struct FileCheckTests {
  private func run(_ path: String, maxAge: Duration? = nil, timeout: Duration = generous) async -> ProbeResult {
    await prober().run(.file(FileProbe(path: path, maxAge: maxAge)), timeout: timeout)
  }

  /// Makes a file whose time of modification lies so many seconds from now.
  private func touch(_ path: String, _ offset: Int = 0) throws {
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
    try #require(descriptor >= 0)
    close(descriptor)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    now.tv_sec += offset
    try #require(utimensat(AT_FDCWD, path, [now, now], 0) == 0)
  }

  @Test("a file that is there passes, a missing one is named")
  func exists() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/dao.alive"
      #expect(await run(path).message == "file \(path) is missing")
      #expect(await run(path).passed == false)
      try touch(path, -1_000_000)
      #expect(await run(path).message == "file \(path) is there")
      #expect(await run(path).passed)
      #expect(await run("\(path)/below").message == "file \(path)/below is missing")
    }
  }

  @Test("a file modified longer ago than allowed fails, a fresh one and one from the future pass")
  func age() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/dao.alive"
      try touch(path, -100)
      var outcome = await run(path, maxAge: .seconds(60))
      #expect(!outcome.passed)
      #expect(outcome.message.hasPrefix("file \(path) was modified 100"))
      #expect(outcome.message.hasSuffix(" ago, allowed are 60 s"))
      outcome = await run(path, maxAge: .seconds(3600))
      #expect(outcome.passed)
      try touch(path, 3600)
      outcome = await run(path, maxAge: .seconds(60))
      #expect(outcome.passed)
      #expect(outcome.message == "file \(path) was modified 0 s ago")
    }
  }

  @Test("what cannot be looked at is told from what is missing")
  func unreadable() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/loop"
      try #require(symlink(path, path) == 0)
      #expect(await run(path).message == "file \(path) cannot be looked at: Too many levels of symbolic links (ELOOP)")
    }
  }

  @Test("a file system that hangs does not hold up the deadline")
  func hangs() async {
    // In a process of its own: it occupies the threads that other checks need.
    await #expect(processExitsWith: .success) {
      var ends: [CInt] = [0, 0]
      try #require(pipe(&ends) == 0)
      let silent = ends[0]
      for _ in 0..<64 {
        NIOThreadPool.singleton.submit { _ in
          var byte: UInt8 = 0
          _ = read(silent, &byte, 1)
        }
      }
      var outcome = await prober().run(.file(FileProbe(path: "/")), timeout: .milliseconds(100))
      #expect(outcome.message == "the file system of / did not answer within 100 ms")
      close(ends[1])
      outcome = await prober().run(.file(FileProbe(path: "/")), timeout: generous)
      #expect(outcome.passed)
    }
  }
}
