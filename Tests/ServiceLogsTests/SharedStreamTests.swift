// Several logs on one descriptor that we were started with.

import Glibc
import Linux
import Synchronization
import TestSupport
import Testing

@testable import ServiceLogs

@Suite struct SharedStreamTests {
  private func text(of reader: Int32, until isAll: @escaping (String) -> Bool) async throws -> String {
    var (bytes, block) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    try await eventually("all output") {
      let count = read(reader, &block, block.count)
      if count > 0 { bytes += block[0..<count] }
      return isAll(String(decoding: bytes, as: UTF8.self))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("a slow reader holds up all logs of its stream, no other, and gets every line whole with its name", .timeLimit(.minutes(10)))
  func slowReader() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    let second = dup(writing)
    defer { for end in [reader, writing, second] { close(end) } }
    let names = ["a", "b", "c"]
    // One of them by another descriptor of the same pipe.
    let logs = try names.map { try rig.open(path: $0 == "b" ? "/dev/fd/\(second)" : path, label: "\($0) | ") }
    let well = try rig.open()
    let text = (0..<20_000).map { "line \($0)\n" }.joined()
    let writers = try logs.map { log in
      let ends = try log.outputEnds(run: 1)
      let descriptor = try #require(ends.descriptors).stdout
      return Task {
        try await onThread { try writeFully(text, to: descriptor) }
        ends.close()
      }
    }
    try await eventually("the reader to be awaited") { well.core.pipes.withLock { !$0.allAwaited.isEmpty } }
    for number in 0..<200 { try await well.say("\(number)\n") }
    #expect(well.core.pipes.withLock { $0.allAwaited.count } == 1)
    var (bytes, block) = ([UInt8](), [UInt8](repeating: 0, count: 5_000))
    try await eventually("the rest") {
      let count = read(reader, &block, block.count)
      if count > 0 { bytes += block[0..<count] }
      return bytes.count == 3 * (text.utf8.count + 20_000 * 4)
    }
    for writer in writers { try await writer.value }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    for name in names { #expect(lines.filter { $0.hasPrefix("\(name) | ") } == (0..<20_000).map { "\(name) | line \($0)" }) }
    // Each has its turn: none waits until another is done.
    let first = names.map { name in lines.firstIndex { $0.hasPrefix(name) } ?? .max }
    let last = names.map { name in lines.lastIndex { $0.hasPrefix(name) } ?? 0 }
    #expect(first.max() ?? 0 < last.min() ?? 0)
    #expect(rig.troubles == [] && logs.allSatisfy { $0.counters.stdout == counted(lines: 20_000, bytes: UInt64(text.utf8.count)) })
  }

  @Test("with a name, a line waits for its end, which comes at the latest with the end of its writer")
  func unfinished() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    defer { for end in [reader, writing] { close(end) } }
    let (one, two) = (try rig.open(path: path, label: "one | "), try rig.open(timestamps: true, path: path, label: "two | "))
    let ends = try one.outputEnds(run: 1)
    let (out, errors) = try #require(ends.descriptors)
    try writeFully("ha", to: out)
    try writeFully("an error", to: errors)
    try await eventually("both to be read") { one.counters.stdout.bytes + one.counters.stderr.bytes == 10 }
    try await two.say("whole\n")
    try writeFully("lf\nrest", to: out)
    try await eventually("the rest to be read") { one.counters.stdout.bytes == 9 }
    ends.close()
    await one.drained(1)
    let lines = try await text(of: reader) { $0.split(separator: "\n").count == 4 }.split(separator: "\n")
    #expect(lines[0].hasPrefix("two | 20") && lines[0].hasSuffix("Z whole"))
    #expect(lines[1] == "one | half" && Set(lines[2...]) == ["one | rest", "one | an error"])
  }

  @Test("a name comes and goes with a policy, and without one a line goes on as it is written")
  func live() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    defer { for end in [reader, writing] { close(end) } }
    let log = try rig.open(path: path)
    var policy = LogPolicy(path: path, timestamps: false)
    let ends = try log.outputEnds(run: 1)
    let descriptor = try #require(ends.descriptors).stdout
    func say(_ text: String) async throws {
      let before = log.counters.stdout.bytes
      try writeFully(text, to: descriptor)
      try await eventually("it to be read") { log.counters.stdout.bytes == before + UInt64(text.utf8.count) }
    }
    try await say("a\nhalf")
    policy.label = Array("n | ".utf8)
    log.apply(policy)
    try await say("b\nwith\nheld")
    policy.label = []
    log.apply(policy)
    try await say(" on\nc\n")
    ends.close()
    #expect(try await text(of: reader) { $0.hasSuffix("c\n") } == "a\nhalfb\nn | with\nheld on\nc\n")
  }

  @Test("a line that never ends is cut, and a log without a name ends the unfinished line of another")
  func cut() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    defer { for end in [reader, writing] { close(end) } }
    let (long, plain) = (try rig.open(path: path, label: "n | "), try rig.open(path: path))
    try await plain.say("half")
    let endless = String(repeating: "x", count: LineHold.bound + 1)
    try await long.say(endless)
    #expect(try await text(of: reader) { $0.hasSuffix("x\n") } == "half\nn | \(endless)\n")
  }

  @Test("a reader that goes away is noticed by all logs of its stream")
  func readerGone() async throws {
    let rig = try LogRig()
    let (reader, writing, path) = try inherited()
    defer { close(writing) }
    let logs = try ["a | ", "b | "].map { try rig.open(path: path, label: $0) }
    let text = String(repeating: "a line of output\n", count: 20_000)
    let writers = try logs.map { log in
      let ends = try log.outputEnds(run: 1)
      let descriptor = try #require(ends.descriptors).stdout
      return Task {
        try await onThread { try writeFully(text, to: descriptor) }
        ends.close()
      }
    }
    try await eventually("the reader to be awaited") { logs[0].core.pipes.withLock { !$0.allAwaited.isEmpty } }
    close(reader)
    for writer in writers { try await writer.value }
    try await eventually("the rest") { logs.allSatisfy { $0.counters.stdout.bytes == UInt64(text.utf8.count) } }
    try await eventually("the loss to be counted") { logs.allSatisfy { $0.counters.stdout.droppedBytes > 0 } }
    #expect(logs.allSatisfy { $0.counters.stdout.droppedBytes <= UInt64(text.utf8.count) })
  }

  @Test("one pipe for both outputs keeps their order, and a successor finds it by its name", arguments: [LogPolicy.Streams.split, .merged])
  func merged(later: LogPolicy.Streams) async throws {
    let folder = try Folder()
    let rig = try LogRig(folder: folder, pipes: "pipes")
    let log = try rig.open(name: "dao", streams: .merged)
    let ends = try log.outputEnds(run: 1)
    let (out, errors) = try #require(ends.descriptors)
    let text = try await onThread {
      for number in 0..<500 { try writeFully("\(number)\n", to: number % 2 == 0 ? out : errors) }
      return (0..<500).map { "\($0)\n" }.joined()
    }
    try await eventually("all lines") { log.counters.stdout.lines == 500 }
    #expect(log.tail(500).map(\.text) == text.split(separator: "\n").map(String.init) && log.tail(1, stream: .stderr).isEmpty)
    #expect(log.lastErrorLines(of: 1).last == "499")
    // A successor whose file says otherwise by now.
    let next = try LogRig(folder: folder, pipes: "pipes")
    let adopted = try next.open(name: "dao", streams: later)
    #expect(adopted.adopt(run: 1).isResumed)
    next.collector.removeStale()
    ends.close()
  }

  @Test("two names for one pipe are one stream, and a file is none")
  func identity() throws {
    let (reader, writing, path) = try inherited()
    let (other, second) = (try inherited(), dup(writing))
    defer { for end in [reader, writing, second, other.reader, other.writer] { close(end) } }
    let folder = try Folder()
    try system { symlink(path, "\(folder.path)/link") }
    let identity = StreamIdentity.of(path: path)
    #expect(identity != nil && StreamIdentity.of(path: "/dev/fd/\(second)") == identity)
    #expect(StreamIdentity.of(path: "\(folder.path)/link") == identity && StreamIdentity.of(path: other.path) != identity)
    #expect(StreamIdentity.of(path: "\(folder.path)/file") == nil)
  }
}
