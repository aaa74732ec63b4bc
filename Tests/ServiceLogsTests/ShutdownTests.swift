// The end of a collector, also when its threads hang.

import Glibc
import Linux
@testable import ServiceLogs
import TestSupport
import Testing

@Suite struct ShutdownTests {
  @Test(
    "all tasks of a collector up to its end are done: no pipe is left, and every release is completed", .timeLimit(.minutes(10)))
  func lastTasks() async throws {
    for _ in 0..<50 {
      let rig = try LogRig(pipes: "pipes")
      let log = try rig.open(name: "dao")
      let tasks = Task {
        var told = 0
        for run in 1... {
          guard let ends = try? log.outputEnds(run: UInt64(run)) else { break }
          ends.close()
          await log.drained(UInt64(run))
          told += 1
        }
        return told
      }
      await Task.yield()
      try await rig.end()
      _ = await tasks.value
      #expect(names(in: "\(rig.folder.path)/pipes") == [])
    }
  }

  @Test("the shutdown does not wait for a pump that hangs; the thread ends when it can", .timeLimit(.minutes(10)))
  func hangingPump() async throws {
    let rig = try LogRig()
    let log = try rig.open()
    let ends = try log.outputEnds(run: 1)
    let descriptors = try #require(ends.descriptors)
    var gate: [Int32] = [-1, -1]
    try #require(pipe(&gate) == 0)
    let waiting = gate[0]
    // A callback blocks the thread, as a disk would.
    log.release(run: 2) {
      var byte: UInt8 = 0
      read(waiting, &byte, 1)
    }
    #expect(write(descriptors.stdout, "last", 4) == 4)
    let begin = ContinuousClock.now
    try await onThread { rig.collector.shutdown(within: .milliseconds(200)) }
    #expect(ContinuousClock.now - begin >= .milliseconds(200))
    #expect(log.counters.stdout.bytes == 0)
    #expect(write(gate[1], "\n", 1) == 1)
    try await eventually("the last line") { contents(rig.path) == "last" }
    for end in gate { close(end) }
  }

  @Test("the shutdown does not wait for a packer that hangs, and nothing more is packed", .timeLimit(.minutes(10)))
  func hangingPacker() async throws {
    let rig = try LogRig()
    let logs = "\(rig.folder.path)/logs"
    let line = String(repeating: "x", count: 99) + "\n"
    let log = try rig.open(maxSize: 100, maxFiles: 3)
    var gate: [Int32] = [-1, -1]
    try #require(pipe(&gate) == 0)
    let waiting = gate[0]
    // An empty pipe blocks a read, as the disk of the log would: where all of this takes so long that the packer is replaced, the replacement
    // does not pack there either.
    log.core.maintenance.add(
      LogMaintenance.Job(call: BlockingCall(device: log.device, path: "a disk that hangs"), subject: nil) { _ in
        var byte: UInt8 = 0
        read(waiting, &byte, 1)
      })
    try await log.say(line + line + line)
    try await onThread { rig.collector.shutdown(within: .milliseconds(200)) }
    #expect(names(in: logs) == ["dao.log", "dao.log.1", "dao.log.2"])
    // The job under way is finished, queued jobs are not.
    #expect(write(gate[1], "\n", 1) == 1)
    let end = log.core.maintenance.slot.end
    #expect(try await onThread { end.wait(until: .now + .seconds(60)) })
    #expect(names(in: logs) == ["dao.log", "dao.log.1", "dao.log.2"])
    for end in gate { close(end) }
  }
}
