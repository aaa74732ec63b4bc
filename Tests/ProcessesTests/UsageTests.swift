// The usage of trees of processes, and of this process.

import Glibc
import Linux
import Orchestration
import Processes
import TestSupport
import Testing

@Suite struct UsageTests {
  @Test("the usage of a tree of three processes is summed up, including one that left the session")
  func tree() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let script = """
      exec 9</dev/null
      sleep 1000 &
      setsid sh -c 'exec 7</dev/null 8</dev/null 9</dev/null; ulimit -n 100; echo ready; exec sleep 1000' &
      i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo worked
      wait
      """
    let key = rig.shell(script, output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    #expect(Set([try await hearing.line(), try await hearing.line()]) == ["ready", "worked"])
    let other = RunKey(owner: "one", run: 1)
    let usages = try UsageReader().read([key: identity.pid, other: 0x3fff_ffff])
    #expect(usages[other] == nil)
    let usage = try #require(usages[key])
    #expect(usage.processes == 3)
    #expect(usage.threads == 3)
    #expect(usage.userSeconds > 0 && usage.userSeconds < 60)
    #expect(usage.systemSeconds >= 0)
    #expect(usage.residentBytes > 500_000 && usage.residentBytes < 100_000_000)
    #expect(usage.virtualBytes > usage.residentBytes)
    // The process nearest to its limit.
    #expect(usage.maxDescriptors == 100)
    #expect(usage.openDescriptors == 6)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("bytes written to storage are counted, including those of children that were waited for")
  func storage() async throws {
    let rig = try Rig()
    let folder = try Folder()
    let hearing = try Hearing()
    let data = "\(folder.path)/data"
    let key = rig.shell(
      "head -c 1000000 /dev/zero >\(data); sync \(data); stat -f -c %T \(data); exec sleep 1000", output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    let fileSystem = try await hearing.line()
    let usage = try #require(try UsageReader().read([key: identity.pid])[key])
    // A file system in memory writes to no storage.
    if fileSystem != "tmpfs" { #expect(usage.ioWriteBytes >= 1_000_000) }
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("without a free descriptor the usage is an error, not zero")
  func blind() async throws {
    try await #require(processExitsWith: .success) {
      let root = [RunKey(owner: "one", run: 1): getsid(0)]
      #expect(try UsageReader().read(root).count == 1)
      try await withoutDescriptors {
        #expect(throws: SystemError(errno: EMFILE)) { try UsageReader().read(root) }
        let nothing = try UsageReader().read([:])
        #expect(nothing.isEmpty)
      }
      #expect(try UsageReader().read(root).count == 1)
    }
  }

  @Test("our own usage has the values of the standard process metrics")
  func ourselves() throws {
    let held = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(held) }
    let usage = try ProcessSelf.usage()
    #expect(usage.openDescriptors >= 4)
    #expect(usage.maxDescriptors >= usage.openDescriptors)
    #expect(usage.threads >= 1)
    #expect(usage.residentBytes > 1 << 20 && usage.virtualBytes > usage.residentBytes)
    #expect(usage.cpuSeconds > 0)
    let now = Double(time(nil))
    #expect(usage.startTimeSeconds <= now + 1 && usage.startTimeSeconds > now - 86_400)
  }
}
