// Logs in folders in which others may write: links planted for every name.

import Glibc
import Linux
@testable import ServiceLogs
import TestSupport
import Testing

@Suite struct PlantedTests {
  private static let isRoot = geteuid() == 0
  private static let other: uid_t = 65534
  private static let rights = FileRights(user: other, group: other, groups: [other])
  private static let text = (0..<3000).map { "line \($0)\n" }.joined()
  static let names = ["", ".1", ".2", ".1.gz", ".2.gz", ".3.gz", ".gz.tmp", ".moving", ".moving.tmp"]

  /// A rig whose logs lie in a folder of the other user, and a folder of root alone.
  private func rig() throws -> (rig: LogRig, secret: String) {
    let rig = try LogRig()
    let (logs, secret) = ("\(rig.folder.path)/logs", "\(rig.folder.path)/secret")
    try #require(chmod(rig.folder.path, 0o755) == 0 && mkdir(secret, 0o700) == 0)
    try #require(mkdir(logs, 0o755) == 0 && chown(logs, Self.other, Self.other) == 0)
    return (rig, secret)
  }

  private func plant(_ name: String, _ rig: LogRig, _ secret: String) throws {
    let link = "\(rig.path)\(name)"
    _ = try FileRights.acting(as: Self.rights) { () throws(SystemError) in try system { symlink("\(secret)/planted", link) } }
  }

  @Test("what a service's user plants for a name of its log leads nothing out of its folder", .enabled(if: isRoot), arguments: names)
  func piped(_ name: String) async throws {
    let (rig, secret) = try rig()
    try plant(name, rig, secret)
    let log = try rig.open(maxSize: 4000, maxFiles: 4)
    try await log.say(Array(Self.text.utf8), rights: Self.rights)
    try await rig.end()
    #expect(TestSupport.names(in: secret) == [])
    #expect(log.tail(1).map(\.text) == ["line 2999"])
    let isRefused = name.isEmpty
    #expect((log.counters.stdout.droppedBytes == 0) != isRefused && rig.troubles.count == (isRefused ? 1 : 0), "\(rig.troubles)")
    for name in TestSupport.names(in: "\(rig.folder.path)/logs") {
      #expect(FileFacts.of("\(rig.folder.path)/logs/\(name)")?.owner == Self.other, "\(name)")
    }
  }

  @Test("the same of a log that the service writes itself: its file is opened by the child", .enabled(if: isRoot), arguments: names)
  func direct(_ name: String) async throws {
    let (rig, secret) = try rig()
    try plant(name, rig, secret)
    let log = try rig.open(mode: .direct, maxSize: 8192, maxFiles: 4)
    let ends = try log.outputEnds(run: 1, rights: Self.rights)
    if name.isEmpty {
      #expect(ends.file == nil && rig.troubles.count == 1)
    } else {
      #expect(rig.troubles == [])
      let file = try #require(ends.file)
      let folder = try #require(ends.descriptors).stdout
      let descriptor = try FileRights.acting(as: Self.rights) { () throws(SystemError) in
        try system { openat(folder, file.name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600) }
      }
      try writeFully(Self.text + Self.text, to: descriptor)
      close(descriptor)
      try await eventually("the rotation") {
        log.direct?.shrink {}
        return TestSupport.names(in: "\(rig.folder.path)/logs").contains("dao.log.1")
      }
    }
    ends.close()
    try await rig.end()
    #expect(TestSupport.names(in: secret) == [])
    for name in TestSupport.names(in: "\(rig.folder.path)/logs") {
      #expect(FileFacts.of("\(rig.folder.path)/logs/\(name)")?.owner == Self.other, "\(name)")
    }
  }

  @Test(
    "without a user root writes nothing there, and says how to mend it", .enabled(if: isRoot), arguments: [LogPolicy.Mode.pipe, .direct])
  func withoutUser(_ mode: LogPolicy.Mode) async throws {
    let (rig, _) = try rig()
    let log = try rig.open(mode: mode)
    try await log.say("lost\n")
    #expect(TestSupport.names(in: "\(rig.folder.path)/logs") == [])
    let said = rig.troubles.map { "\($0)" }
    #expect(said.count == 1 && said[0].contains("'\(rig.folder.path)/logs' belongs to user \(Self.other)") && said[0].contains("chown"))
    // Mended while it runs.
    #expect(chown("\(rig.folder.path)/logs", 0, 0) == 0)
    try await log.say("kept\n", run: 2)
    #expect(contents(rig.path) == "kept\n")
  }

  @Test(
    "a link that only we could place is followed, its target is rotated, and the link stays", arguments: [LogPolicy.Mode.pipe, .direct])
  func links(_ mode: LogPolicy.Mode) async throws {
    let rig = try LogRig()
    let target = "\(rig.folder.path)/target"
    let log = try rig.open(mode: mode, maxSize: 8192, maxFiles: 3)
    try #require(mkdir(target, 0o700) == 0 && symlink("../target/real.log", rig.path) == 0)
    try await log.say(Self.text + Self.text)
    if mode == .direct { log.direct?.shrink {} }
    try await rig.end()
    #expect(TestSupport.names(in: "\(rig.folder.path)/logs") == ["dao.log"] && FileFacts.of(rig.path)?.kind == .link)
    #expect(TestSupport.names(in: target) == ["real.log", "real.log.1", "real.log.2.gz"])
    #expect((Self.text + Self.text).hasSuffix(try #require(try TestSupport.everything(in: target, of: "real.log"))))
  }
}
