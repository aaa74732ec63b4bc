// The proofs that a process belongs to a run (rule 59): marks, the key behind them, and what proves nothing.

import Glibc
import Linux
import Orchestration
import Synchronization
import TestSupport
import Testing

@testable import Processes

@Suite struct ProofTests {
  private let marks = RunMarks.test("state")
  private let dao = RunKey(owner: "dao", run: 17)

  private func mark(in text: String, _ marks: RunMarks? = nil) -> RunMarks.Mark? {
    Array(text.utf8).withUnsafeBytes { (marks ?? self.marks).mark(in: $0) }
  }

  // MARK: Marks

  @Test("a mark proves its owner and run, wherever it stands in the environment")
  func proved() {
    let own = marks.assignment(of: dao)
    #expect(own.hasPrefix("STOKER_RUN=state:dao:17:") && own.utf8.count == "STOKER_RUN=state:dao:17:".utf8.count + 32)
    for text in [own, "\(own)\0", "A=1\0\0B=\0\(own)\0C=2\0", "XSTOKER_RUN=state:dao:1\0\(own)"] {
      #expect(mark(in: text) == .proved(dao), "\(text)")
    }
    let highest = RunKey(owner: "@3", run: RunNumber.highest)
    #expect(mark(in: marks.assignment(of: highest)) == .proved(highest))
  }

  @Test("a code proves nothing about another owner, run or state directory, nor under another key")
  func forged() {
    let own = marks.assignment(of: dao)
    let code = own.suffix(32)
    for claim in ["web:17", "dao:18", "dao:017", "dao:+17", "da:o17", "dao:9007199254740991"] {
      #expect(mark(in: "STOKER_RUN=state:\(claim):\(code)") == nil, "\(claim)")
    }
    #expect(mark(in: own.replacing("state", with: "other"), .test("other")) == nil)
    #expect(mark(in: own, RunMarks("state", key: .random)) == nil)
    #expect(mark(in: String(own.dropLast())) == nil && mark(in: own + "0") == nil && mark(in: own + ":") == nil)
    #expect(mark(in: own.dropLast(32) + code.uppercased()) == nil)
    #expect(mark(in: own.dropLast(32) + String(repeating: "0", count: 32)) == nil)
  }

  @Test("a mark without a code is known as one that proves nothing, with a number that can be")
  func unproved() {
    #expect(mark(in: "STOKER_RUN=state:dao:17") == .unproved(dao))
    for claim in ["dao:18446744073709551615", "dao:9007199254740992", "dao:-1", "dao:", ":1", "dao", "", "dao:1:2:3"] {
      #expect(mark(in: "STOKER_RUN=state:\(claim)") == nil, "\(claim)")
    }
    #expect(mark(in: "") == nil && mark(in: "\0\0") == nil && mark(in: "STOKER_RUN") == nil)
  }

  @Test("no bytes of an environment end the program")
  func noise() {
    var generator = SystemRandomNumberGenerator()
    let own = Array(marks.assignment(of: dao).utf8)
    for _ in 0..<2000 {
      var bytes = own
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
      }
      let found = bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)).withUnsafeBytes { marks.mark(in: $0) }
      #expect(found != .proved(dao) || bytes == own)
    }
  }

  // MARK: The key

  private func assignment(_ folder: Folder) -> String {
    RunMarks("state", key: StateKey.take(from: folder.path).key).assignment(of: dao)
  }

  @Test("the key is made once, for our user alone, and differs from that of another directory")
  func key() throws {
    let folder = try Folder()
    let first = StateKey.take(from: folder.path)
    #expect(first.problem == nil)
    #expect(RunMarks("state", key: first.key).assignment(of: dao) == assignment(folder))
    #expect(names(in: folder.path) == ["key"])
    let facts = try #require(FileFacts.of("\(folder.path)/key"))
    #expect(facts.mode == 0o600 && facts.size == 32 && facts.kind == .regular)
    #expect(assignment(try Folder()) != assignment(folder))
  }

  @Test(
    "a key that another user could know is replaced, with a warning",
    arguments: ["mode", "length", "link", "hard link", "pipe", "owner"])
  func badKey(_ fault: String) throws {
    let folder = try Folder()
    let before = assignment(folder)
    let path = "\(folder.path)/key"
    switch fault {
    case "mode": chmod(path, 0o644)
    case "length": truncate(path, 31)
    case "link":
      rename(path, "\(folder.path)/there")
      symlink("there", path)
    case "hard link": link(path, "\(folder.path)/there")
    case "pipe":
      unlink(path)
      mkfifo(path, 0o600)
    default:
      guard geteuid() == 0 else { return }
      chown(path, 65534, 65534)
    }
    #expect(try #require(StateKey.take(from: folder.path).problem).contains(path))
    #expect(assignment(folder) != before)
    #expect(StateKey.take(from: folder.path).problem == nil)
  }

  @Test("in a folder that others may write there is no key")
  func weakFolder() throws {
    let folder = try Folder()
    let before = assignment(folder)
    chmod(folder.path, 0o777)
    #expect(assignment(folder) != before && assignment(folder) != assignment(folder))
    #expect(StateKey.take(from: "\(folder.path)/none").problem != nil)
  }

  // MARK: Reading

  @Test("processes whose environment cannot be read in time are given up, each once, and others are read")
  func hanging() throws {
    var gate: [Int32] = [0, 0]
    try #require(pipe(&gate) == 0)
    let closed = gate[0]
    let asked = Mutex<[Int32]>([])
    let areAlive = Mutex(true)
    let reader = MarkReader(patience: .milliseconds(50), isAlive: { _ in areAlive.withLock { $0 } }) { pid in
      asked.withLock { $0.append(pid) }
      var byte: UInt8 = 0
      if pid < 100 { _ = read(closed, &byte, 1) }
      return .marked(.proved(RunKey(owner: "dao", run: UInt64(pid))))
    }
    var process = try #require(try ProcReader().status(of: getpid()))
    func run(_ pid: Int32) throws -> UInt64? {
      process.pid = pid
      if case .marked(.proved(let key)) = try reader.marking(of: process) { return key.run }
      return nil
    }
    #expect(try run(100) == 100 && run(1) == nil && run(101) == 101 && run(1) == nil && run(102) == 102)
    #expect(asked.withLock { $0 } == [100, 1, 101, 102])
    for pid in 2...9 as ClosedRange<Int32> { #expect(try run(pid) == nil) }
    // Too many of them: no mark is read until they have ended.
    #expect(try run(103) == nil)
    #expect(asked.withLock { $0.count } == 11)
    areAlive.withLock { $0 = false }
    #expect(try run(103) == 103)
    close(gate[1])
  }

  // MARK: Processes

  /// A process that has lost its parent and has a session of its own, with this in its environment. Its end is its holder's business.
  private func stranger(_ assignment: String, _ rig: Rig) async throws -> Int32 {
    let hearing = try Hearing()
    let key = rig.spawn(
      ["sh", "-c", "setsid env \"$1\" sh -c 'echo $$; exec sleep 1000' & exit 0", "sh", assignment], output: hearing.output)
    let pid = try #require(Int32(try await hearing.line()))
    _ = try await rig.recorder.exit(of: key)
    return pid
  }

  @Test("forged marks make no leftovers, however many there are and whatever number they name")
  func forgedLeftovers() async throws {
    let rig = try Rig()
    let text = rig.marks.text
    let code = rig.marks.assignment(of: dao).suffix(32)
    var pids: [Int32] = []
    for claim in ["dao:17", "dao:9007199254740991:\(code)", "web:17:\(code)", "ghost:1", "@:4"] {
      pids.append(try await stranger("STOKER_RUN=\(text):\(claim)", try Rig()))
    }
    let own = try await stranger(rig.marks.assignment(of: dao), try Rig())
    let found = Leftovers.find(marks: rig.marks, records: [])
    #expect(found.map(\.key) == [dao] && found.flatMap(\.processes).map(\.identity.pid) == [own])
    #expect(await Leftovers.clear(marks: rig.marks, records: [], timeout: .seconds(30)) == [])
    #expect(pids.allSatisfy(isAlive) && !isAlive(own))
    for pid in pids { kill(pid, SIGKILL) }
  }

  @Test("a mark without a code counts in the session of a recorded process that is gone, of its own run alone")
  func oldMarks() async throws {
    let rig = try Rig()
    let boot = try #require(bootID())
    let pid = try await stranger("STOKER_RUN=\(rig.marks.text):dao:17", try Rig())
    let identity = try #require(ProcessIdentity.current(pid: pid))
    // The stranger leads its session: a record of an earlier process with this pid stands for a leader that is gone.
    func found(_ name: String, run: UInt64, startTime: UInt64) -> [LeftRun] {
      let gone = ProcessIdentity(pid: pid, startTime: startTime)
      return Leftovers.find(marks: rig.marks, records: [RunningRecord(name: name, run: run, identity: gone, bootID: boot)])
    }
    #expect(found("dao", run: 17, startTime: identity.startTime - 1).map(\.key) == [dao])
    #expect(found("dao", run: 17, startTime: identity.startTime - 1).first?.leader == nil)
    #expect(found("dao", run: 16, startTime: identity.startTime - 1) == [])
    #expect(found("web", run: 17, startTime: identity.startTime - 1) == [])
    #expect(found("dao", run: 17, startTime: identity.startTime + 1) == [])
    // Named by a record, it needs no mark.
    let records = [RunningRecord(name: "web", run: 3, identity: identity, bootID: boot)]
    #expect(Leftovers.find(marks: .test("other"), records: records).map(\.key) == [RunKey(owner: "web", run: 3)])
    kill(pid, SIGKILL)
  }

  @Test("descendants of a recorded process are its run's, without session and mark")
  func descent() async throws {
    let rig = try Rig()
    let hearing = try Hearing()
    let key = rig.shell("setsid env -i /bin/sh -c '/bin/sleep 1000 & echo $$ $!; wait' & exec sleep 1000", output: hearing.output)
    let identity = try await rig.recorder.spawned(key)
    let pids = try await hearing.line().split(separator: " ").compactMap { Int32($0) }
    let record = RunningRecord(name: "dao", run: 17, identity: identity, bootID: try #require(bootID()))
    let found = Leftovers.find(marks: .test("other"), records: [record])
    #expect(found.map(\.key) == [dao])
    #expect(Set(found.flatMap(\.processes).filter { $0.proof == .descent }.map(\.identity.pid)) == Set(pids))
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
  }

  @Test("a forged mark neither holds up the end of a run nor ends with it", arguments: [true, false])
  func forgedMember(isOld: Bool) async throws {
    let rig = try Rig()
    let key = rig.spawn(["sleep", "1000"])
    _ = try await rig.recorder.spawned(key)
    let claim = "STOKER_RUN=\(rig.marks.text):\(key.owner):\(key.run)"
    let pid = try await stranger(isOld ? claim : "\(claim):\(String(repeating: "0", count: 32))", try Rig())
    rig.table.signal(key, SIGTERM)
    rig.table.kill(key)
    try await rig.recorder.emptied(key)
    #expect(isAlive(pid))
    kill(pid, SIGKILL)
  }
}
