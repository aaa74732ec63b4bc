// Logs that go to a descriptor that we were started with, as /dev/stdout does.

import Glibc
import Linux
@testable import ServiceLogs
import Synchronization
import TestSupport
import Testing

@Suite struct InheritedStreamTests {
  @Test(
    "a slow reader holds up its own log alone, and gets every line", .timeLimit(.minutes(10)), arguments: [false, true])
  func slowReader(isSocket: Bool) async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try isSocket ? connected() : inherited()
    defer { for end in [reader, writing] { close(end) } }
    let slow = try rig.open(path: path)
    let well = try rig.open()
    let ends = try slow.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    let text = (0..<100_000).map { "line \($0)\n" }.joined()
    let writer = Task { try await onThread { try writeFully(text, to: descriptor) } }
    try await eventually("the reader to be awaited") { slow.core.pipes.withLock { !$0.allAwaited.isEmpty } }
    for number in 0..<200 { try await well.say("\(number)\n") }
    // A release does not wait for the reader.
    await slow.drained(7)
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    try await eventually("the rest") {
      let count = read(reader, &block, block.count)
      if count > 0 { bytes += block[0..<count] }
      return bytes.count == text.utf8.count
    }
    try await writer.value
    ends.close()
    #expect(bytes == Array(text.utf8))
    #expect(slow.counters.stdout == counted(lines: 100_000, bytes: UInt64(text.utf8.count)) && rig.troubles == [])
    #expect(contents(rig.path) == (0..<200).map { "\($0)\n" }.joined())
  }

  /// The same with a socket, which cannot be opened by a path.
  private func connected() throws -> (reader: Int32, writer: Int32, path: String) {
    var ends: [Int32] = [-1, -1]
    try system { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
    try system { fcntl(ends[0], F_SETFD, FD_CLOEXEC) }
    try system { fcntl(ends[0], F_SETFL, O_NONBLOCK) }
    return (ends[0], ends[1], "/dev/fd/\(ends[1])")
  }

  @Test("a reader that goes away is reported, and the service goes on")
  func readerGone() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    let log = try rig.open(path: path)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    let text = String(repeating: "a line of output\n", count: 20_000)
    let writer = Task { try await onThread { try writeFully(text, to: descriptor) } }
    try await eventually("the reader to be awaited") { log.core.pipes.withLock { !$0.allAwaited.isEmpty } }
    close(reader)
    try await writer.value
    ends.close()
    await log.drained(1)
    try await eventually("the rest") { log.counters.stdout.bytes == UInt64(text.utf8.count) }
    let dropped = log.counters.stdout.droppedBytes
    #expect(dropped > 0 && dropped <= UInt64(text.utf8.count))
    #expect(rig.troubles == [.unwritable(path: path, .system(path: path, SystemError(errno: EPIPE)))])
    close(writing)
  }

  @Test("the end of a collector does not wait long for a reader that reads nothing, and what it does not get is counted")
  func end() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    defer { for end in [reader, writing] { close(end) } }
    let log = try rig.open(path: path)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    let text = String(repeating: "x", count: 199_999) + "\n"
    try await onThread { try writeFully(text, to: descriptor) }
    try await eventually("the reader to be awaited") { log.core.pipes.withLock { !$0.allAwaited.isEmpty } }
    ends.close()
    try await rig.end()
    #expect(log.counters.stdout.droppedBytes > 0)
  }

  @Test("a direct log is handed to the child, and no descriptor of our own is", arguments: [false, true])
  func direct(isSocket: Bool) async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try isSocket ? connected() : inherited()
    defer { for end in [reader, writing] { close(end) } }
    let log = try rig.open(mode: .direct, path: path)
    let ends = try log.outputEnds(run: 1)
    let child = try #require(ends.descriptors).stdout
    #expect(!ends.isPassed && fcntl(child, F_GETFL) & O_NONBLOCK == 0)
    try writeFully("hello\n", to: child)
    ends.close()
    var block = [UInt8](repeating: 0, count: 100)
    #expect(read(reader, &block, 100) == 6)
    try system { fcntl(writing, F_SETFD, FD_CLOEXEC) }
    #expect(throws: LogError.file(path: path, .system(path: path, SystemError(errno: EBADF)))) { try log.outputEnds(run: 2) }
  }
}
