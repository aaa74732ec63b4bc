// The names of users in origins: looked up once, and never waited for for long.

import Glibc
import HTTPServer
import NIOHTTP1
import Orchestration
import Synchronization
import Testing

@testable import Stoker

@Suite(.timeLimit(.minutes(10))) struct UserNamesTests {
  @Test("a name is looked up once; a name that could pass for more is not shown")
  func lookups() async {
    let asked = Mutex<[UInt32]>([])
    let names = UserNames(patience: .seconds(3600)) { user in
      asked.withLock { $0.append(user) }
      return [1: "fog", 2: "root (0), pid 1", 3: "a\nb"][user]
    }
    for _ in 0..<3 {
      #expect(await names.name(of: 1) == "fog")
      for user: UInt32 in [2, 3, 4] { #expect(await names.name(of: user) == nil) }
    }
    #expect(asked.withLock { $0.count(where: { $0 == 1 }) } == 1)
  }

  @Test("a directory that does not answer holds up nobody, and takes two threads at most")
  func silence() async {
    let gate = Gate()
    let asked = Atomic<Int>(0)
    let names = UserNames(patience: .milliseconds(20)) { user in
      asked.add(1, ordering: .relaxed)
      gate.wait()
      return "fog"
    }
    for user: UInt32 in 1...6 { #expect(await names.name(of: user) == nil) }
    while asked.load(ordering: .relaxed) < 2 { await Task.yield() }
    for user: UInt32 in 1...6 { #expect(await names.name(of: user) == nil) }
    #expect(asked.load(ordering: .relaxed) == 2)
    gate.open()
    while await names.name(of: 1) == nil { await Task.yield() }
    #expect(await names.name(of: 1) == "fog")
  }

  @Test("the origin of a request over a Unix socket names user and process")
  func origins() async {
    let peer = Peer.unix(PeerProcess(user: 0, pid: 4711))
    var request = Request(method: "POST", path: "/", peer: peer)
    // Where the first look takes longer than a request waits, there is the number alone.
    while await UserNames.system.name(of: 0) == nil { await Task.yield() }
    #expect(await request.origin == .api(peer: "unix: root (0), pid 4711"))
    request.headers = ["User-Agent": "stoker/0.1.0"]
    #expect(await request.origin.text == "the command line unix: root (0), pid 4711")
    request.peer = .loopback("127.0.0.1:5")
    #expect(await request.origin.text == "the command line 127.0.0.1:5")
  }
}

/// Holds threads until it is opened.
private final class Gate: Sendable {
  private let ends: (read: Int32, write: Int32)

  init() {
    var pipe: [Int32] = [0, 0]
    Glibc.pipe(&pipe)
    ends = (pipe[0], pipe[1])
  }

  deinit { close(ends.read) }

  func wait() {
    var byte: UInt8 = 0
    _ = read(ends.read, &byte, 1)
  }

  func open() { close(ends.write) }
}
