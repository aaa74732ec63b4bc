// The usage of trees of processes, and of this process.

import Glibc
import Linux
import Orchestration
import TestSupport
import Testing

@testable import Processes

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
    #expect(usage.descriptors == TreeUsage.Descriptors(open: 6, limit: 100))
    #expect(usage.unread == [])
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
    if fileSystem != "tmpfs" { #expect(try #require(usage.storage).written >= 1_000_000) }
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  /// A folder like /proc with one process, which does not exist.
  private func proc(_ files: [String: String], folders: [String]) throws -> (Folder, [RunKey: TreeUsage]) {
    let (folder, pid) = (try Folder(), "999999999")
    mkdir("\(folder.path)/\(pid)", 0o755)
    let rest = Array(repeating: "0", count: 30).joined(separator: " ")
    let stat = "\(pid) (dao) S 1 \(pid) \(pid) 0 -1 0 0 0 0 0 7 8 0 0 20 0 3 0 5 4096 2 \(rest)"
    for (name, text) in files.merging(["stat": stat], uniquingKeysWith: { $1 }) { _ = try folder.write("\(pid)/\(name)", text) }
    for name in folders { mkdir("\(folder.path)/\(pid)/\(name)", 0o755) }
    let usages = try UsageReader(folder: folder.path).read([RunKey(owner: "dao", run: 1): 999_999_999])
    return (folder, usages)
  }

  private static let limits = "Limit                     Soft Limit           Hard Limit           Units\nMax open files            "

  @Test("a limit that prlimit(2) does not tell is read from the process's limits", arguments: [("1024", 1024), ("unlimited", Int.max)])
  func limits(_ word: String, _ limit: Int) throws {
    let io = "rchar: 9\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 0\n"
    let (_, usages) = try proc(["limits": Self.limits + "\(word)   524288   files\n", "io": io], folders: ["fd"])
    let usage = try #require(usages.values.first)
    #expect(usage.descriptors?.limit == limit && usage.storage == TreeUsage.Storage(read: 5, written: 6) && usage.unread == [])
    #expect(usage.threads == 3 && usage.virtualBytes == 4096)
  }

  @Test("what cannot be read is absent and told, not 0; what a process that is gone had is nothing")
  func unreadable() throws {
    // Reading a folder, and listing a file, fail as a want of permission does.
    var usage = try #require(try proc(["fd": ""], folders: ["limits", "io"]).1.values.first)
    #expect(usage.descriptors == nil && usage.storage == nil && usage.unread == [.descriptors, .storage])
    #expect(usage.threads == 3)
    usage = try #require(try proc(["io": "nothing", "limits": "nothing"], folders: ["fd"]).1.values.first)
    #expect(usage.descriptors == nil && usage.storage == nil && usage.unread == [.descriptors, .storage])
    usage = try #require(try proc([:], folders: []).1.values.first)
    #expect(usage.unread == [])
  }

  @Test("a run of which no process may be seen is told as such")
  func hidden() throws {
    let folder = try Folder()
    let roots = [RunKey(owner: "dao", run: 1): getpid(), RunKey(owner: "gone", run: 1): 999_999_999]
    let usages = try UsageReader(folder: folder.path).read(roots)
    #expect(usages.map(\.key.owner) == ["dao"] && usages.values.first?.unread == [.processes])
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
    #expect(try #require(usage.openDescriptors) >= 4 && usage.maxDescriptors >= usage.openDescriptors ?? 0)
    #expect(usage.threads >= 1)
    #expect(usage.residentBytes > 1 << 20 && usage.virtualBytes > usage.residentBytes)
    #expect(usage.cpuSeconds > 0)
    let now = Double(time(nil))
    #expect(usage.startTimeSeconds <= now + 1 && usage.startTimeSeconds > now - 86_400)
  }
}
