// Descriptors and spawns: a child gets its own, and ours stay as they are.

import Glibc
import Linux
import Orchestration
import Processes
import TestSupport
import Testing

@Suite struct DescriptorTests {
  @Test("with 2,000 open descriptors each child has 0, 1 and 2 alone, and all of ours stay as they were")
  func many() async throws {
    try await #require(processExitsWith: .success) {
      _ = try DescriptorLimit.raise()
      let folder = try Folder()
      let file = try folder.write("digits", "0123456789")
      let early = try Rig()
      let open = (0..<2000).map { index in
        let descriptor = Glibc.open(file, O_RDONLY | (index % 2 == 0 ? O_CLOEXEC : 0))
        lseek(descriptor, off_t(index % 10), SEEK_SET)
        return descriptor
      }
      #expect(open.allSatisfy { $0 >= 0 })
      // The threads of this table find no low numbers any more.
      let late = try Rig()

      for rig in [early, late] {
        // The first round may open the runtime's own descriptors.
        try await Self.round(with: rig)
        let before = Self.descriptors()
        for _ in 0..<5 { try await Self.round(with: rig) }
        #expect(Self.descriptors() == before)
      }
      for (index, descriptor) in open.enumerated() {
        var byte: UInt8 = 0
        #expect(read(descriptor, &byte, 1) == 1 && byte == UInt8(ascii: "0") + UInt8(index % 10))
      }
    }
  }

  /// Ten children that print their descriptors and ten failures, all at once and each with pipes of its own.
  private static func round(with rig: Rig) async throws {
    let heard = try (0..<10).map { index in
      let hearing = try Hearing()
      let key = rig.shell("echo \(index); ls /proc/$$/fd; readlink /proc/$$/fd/0; echo end >&2", output: hearing.output)
      return (key, hearing)
    }
    let failed = try (0..<10).map { index in
      let output = try Hearing().output
      return index % 2 == 0 ? rig.spawn(["/nope"], output: output) : rig.spawn(["/bin/true"], output: output, directory: "/nope")
    }
    for (index, (key, hearing)) in heard.enumerated() {
      #expect(try await hearing.all() == "\(index)\n0\n1\n2\n/dev/null\nend\n")
      try await rig.recorder.emptied(key)
    }
    for key in failed { _ = try await rig.recorder.error(of: key) }
  }

  /// Our descriptors: the target of each, and whether it is close-on-exec.
  private static func descriptors() -> [String: String] {
    var found: [String: String] = [:]
    for name in names(in: "/proc/self/fd") {
      var target = [CChar](repeating: 0, count: 256)
      // The descriptor of the listing itself is closed by now.
      guard let number = Int32(name), readlink("/proc/self/fd/\(name)", &target, target.count - 1) >= 0 else { continue }
      let text = String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      found[name] = "\(text) \(fcntl(number, F_GETFD) & FD_CLOEXEC)"
    }
    return found
  }

  @Test("outputs that are not open are a failed start, and the next start is not affected", arguments: [-1, 1_000_000_000] as [Int32])
  func closed(_ number: Int32) async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    guard case .owned(let ends) = hearing.output else { return }
    let stdout = try #require(ends.descriptors).stdout
    for output in [SpawnOutput.descriptors(stdout: number, stderr: stdout), .descriptors(stdout: stdout, stderr: number)] {
      let error = try await rig.recorder.error(of: rig.spawn(["/bin/true"], output: output))
      #expect(error.step == .descriptors && error.errno == EBADF)
    }
    let key = rig.shell("echo still", output: hearing.output)
    #expect(try await hearing.all() == "still\n")
    // Reaped before the end of the table: the monitor of exit tests waits for any child, and a remaining
    // zombie would keep it from its own.
    try await rig.recorder.emptied(key)
  }
}
