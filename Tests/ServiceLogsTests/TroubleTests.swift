// Disks that are full, cannot be written to, or do not answer.

import Glibc
import Linux
import Orchestration
import ServiceLogs
import TestSupport
import Testing

@Suite struct TroubleTests {
  @Test("bytes for a full disk are dropped and counted, and the file is written again afterwards", arguments: [false, true])
  func fullDisk(timestamps: Bool) async throws {
    let rig = try LogRig()
    let log = try rig.open(timestamps: timestamps)
    #expect(symlink("/dev/full", rig.path) == 0)
    try await log.say(String(repeating: "lost\n", count: 1000))
    #expect(log.counters.stdout == counted(lines: 1000, bytes: 5000, dropped: 5000))
    #expect(log.tail(1).map(\.text) == ["lost"])
    #expect(unlink(rig.path) == 0)
    try await log.say("back\n")
    #expect(contents(rig.path)?.hasSuffix("back\n") == true)
    #expect(log.counters.stdout == counted(lines: 1001, bytes: 5005, dropped: 5000))
  }

  @Test("bytes for a path that cannot be written are dropped and counted; the service goes on")
  func unwritable() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    #expect(mkdir(rig.path, 0o700) == 0)
    try await log.say("lost\n")
    #expect(log.counters.stdout.droppedBytes == 5)
    #expect(rmdir(rig.path) == 0)
    try await log.say("back\n")
    #expect(contents(rig.path) == "back\n")
  }

  private static let isRoot = geteuid() == 0

  /// Runs commands that need root; returns whether all succeeded.
  private func mounted(_ script: String) async throws -> Bool {
    try await onThread { system("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; set -e; \(script)") == 0 }
  }

  @Test("a full disk and its end are reported once each; dropped bytes are counted, the rest is there", .enabled(if: isRoot))
  func fullFileSystem() async throws {
    let rig = try LogRig()
    let disk = "\(rig.folder.path)/disk"
    try #require(try await mounted("mkdir '\(disk)'; mount -t tmpfs -o size=64k tmpfs '\(disk)'"))
    defer { _ = system("umount '\(disk)'") }
    let log = try rig.open(path: "\(disk)/dao.log")
    for part in 0..<40 { try await log.say((0..<400).map { "line \(part * 400 + $0)\n" }.joined()) }
    let dropped = log.counters.stdout.droppedBytes
    #expect(dropped > 0 && log.counters.stdout.bytes - dropped == UInt64(contents("\(disk)/dao.log")?.utf8.count ?? 0))
    #expect(rig.troubles == [.unwritable(path: "\(disk)/dao.log", .system(path: "\(disk)/dao.log", SystemError(errno: ENOSPC)))])
    #expect(log.tail(1).map(\.text) == ["line 15999"])
    let kept = try #require(contents("\(disk)/dao.log"))
    #expect((0..<16_000).map { "line \($0)\n" }.joined().hasPrefix(kept))
    // Room again: the file is written at once, and the recovery is reported when it lasts.
    try #require(try await mounted("mount -o remount,size=4m '\(disk)'"))
    var count = 0
    try await eventually("the report that it is over") {
      rig.troubles.count > 1
    } meanwhile: {
      count += 1
      try await log.say("back \(count)\n")
    }
    guard case .writable(_, let reported) = rig.troubles[1] else { Issue.record("reported: \(rig.troubles)"); return }
    #expect(rig.troubles.count == 2 && reported == log.counters.stdout.droppedBytes)
    // A line that was cut off is ended, not continued.
    let lines = try #require(contents("\(disk)/dao.log")).dropFirst(kept.utf8.count).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.first == "" || kept.hasSuffix("\n"))
    #expect(lines.suffix(2) == ["back \(count)", ""])
  }

  @Test(
    "a disk that hangs delays its own logs alone; when it answers, nothing is lost", .enabled(if: isRoot),
    .timeLimit(.minutes(10)))
  func hangingDisk() async throws {
    let rig = try LogRig()
    let disk = "\(rig.folder.path)/disk"
    let image = "\(rig.folder.path)/image"
    guard try await mounted("truncate -s 16M '\(image)'; mkfs.ext4 -q '\(image)'; mkdir '\(disk)'; mount -o loop '\(image)' '\(disk)'")
    else {
      return print("skipped: no loop device to be had")
    }
    defer { _ = system("fsfreeze -u '\(disk)' 2>/dev/null; umount '\(disk)'") }
    let stuck = try rig.open(maxSize: 1000, maxFiles: 1000, path: "\(disk)/stuck.log")
    let other = try rig.open(maxSize: 1000, maxFiles: 1000, path: "\(disk)/other.log")
    let direct = try rig.open(mode: .direct, maxSize: 10_000, path: "\(disk)/direct.log")
    let well = try rig.open()
    for log in [stuck, other, well] { try await log.say("before\n") }
    let directEnds = try direct.outputEnds(run: 1)
    try writeFully(String(repeating: "direct\n", count: 100), to: try #require(directEnds.descriptors).stdout)
    try #require(try await mounted("fsfreeze -f '\(disk)'"))
    let ends = try stuck.outputEnds(run: 2)
    let descriptor = try #require(ends.descriptors).stdout
    let text = (0..<100).map { "line \($0)\n" }.joined()
    try writeFully(text, to: descriptor)
    // A release waits no longer than the detection of the hang.
    await stuck.drained(1)
    try await eventually("the report that it hangs") { !rig.troubles.isEmpty }
    #expect(rig.troubles == [.hanging(path: "\(disk)/stuck.log")])
    // The well log goes on, and so do the releases of runs whose logs hang: their disk is left alone, without
    // another thread.
    for number in 0..<200 { try await well.say("\(number)\n") }
    let otherEnds = try other.outputEnds(run: 2)
    try writeFully("other\n", to: try #require(otherEnds.descriptors).stdout)
    otherEnds.close()
    await other.drained(2)
    await stuck.drained(2)
    for number in 200..<400 { try await well.say("\(number)\n") }
    #expect(rig.troubles.count == 1 && well.counters.stdout.lines == 401)
    // The writer waits when its pipe is full, and no memory grows.
    #expect(fcntl(descriptor, F_SETFL, O_RDWR | O_NONBLOCK) == 0)
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
    var written = 0
    while write(descriptor, block, block.count) > 0 { written += block.count }
    #expect(errno == EAGAIN && written <= 2 << 20)
    ends.close()
    try #require(try await mounted("fsfreeze -u '\(disk)'"))
    try await eventually("the rest") {
      rig.troubles.contains(.answering(path: "\(disk)/stuck.log")) && stuck.counters.stdout.bytes == 7 + text.utf8.count + written
        && other.counters.stdout.bytes == 13
    }
    await stuck.drained(2)
    await other.drained(2)
    #expect(stuck.counters.stdout.droppedBytes == 0)
    // A packer hung too, and the shutdown does not wait for it.
    try await eventually("the packing") {
      names(in: disk).filter { $0.hasPrefix("stuck.log.") && !$0.hasSuffix(".gz") } == ["stuck.log.1"]
    }
    try await rig.end()
    let all = try #require(try everything(in: disk, of: "stuck.log"))
    #expect(all == "before\n" + text + String(repeating: "x", count: written))
    #expect(contents("\(disk)/other.log") == "before\nother\n")
    directEnds.close()
  }

  @Test(
    "a collector can be ended while a disk hangs: the rest is written when the disk answers", .enabled(if: isRoot),
    .timeLimit(.minutes(10)))
  func endWhileHanging() async throws {
    let rig = try LogRig()
    let disk = "\(rig.folder.path)/disk"
    let image = "\(rig.folder.path)/image"
    guard try await mounted("truncate -s 16M '\(image)'; mkfs.ext4 -q '\(image)'; mkdir '\(disk)'; mount -o loop '\(image)' '\(disk)'")
    else {
      return print("skipped: no loop device to be had")
    }
    defer { _ = system("fsfreeze -u '\(disk)' 2>/dev/null; umount '\(disk)'") }
    let stuck = try rig.open(path: "\(disk)/stuck.log")
    let well = try rig.open()
    try #require(try await mounted("fsfreeze -f '\(disk)'"))
    let ends = try stuck.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    try writeFully("one\n", to: descriptor)
    try await eventually("the report that it hangs") { !rig.troubles.isEmpty }
    try writeFully("two\n", to: descriptor)
    let wellEnds = try well.outputEnds(run: 1)
    try writeFully("well\n", to: try #require(wellEnds.descriptors).stdout)
    let begin = ContinuousClock.now
    try await onThread { rig.collector.shutdown(within: .seconds(20)) }
    #expect(ContinuousClock.now - begin < .seconds(20))
    #expect(contents(rig.path) == "well\n")
    try #require(try await mounted("fsfreeze -u '\(disk)'"))
    try await eventually("the rest") { contents("\(disk)/stuck.log") == "one\ntwo\n" }
    ends.close()
    wellEnds.close()
  }

  @Test("bytes for a pipe without a reader are dropped and counted, and delay nothing")
  func pipeAsFile() async throws {
    let rig = try LogRig()
    try #require(mkfifo("\(rig.folder.path)/pipe", 0o600) == 0)
    let log = try rig.open(path: "\(rig.folder.path)/pipe")
    let well = try rig.open()
    try await log.say("lost\n")
    try await well.say("well\n")
    #expect(log.counters.stdout.droppedBytes == 5)
    #expect(
      rig.troubles == [.unwritable(path: "\(rig.folder.path)/pipe", .system(path: "\(rig.folder.path)/pipe", SystemError(errno: ENXIO)))])
    #expect(contents(rig.path) == "well\n")
  }
}
