// The search for the running Stoker that a command line without an address means.

import Glibc
import Linux
import Processes
import TestSupport
import Testing

@testable import StokerCommand

@Suite struct StokerSearchTests {
  /// A folder with a service file, the state directory that it names, and other Stokers.
  private struct Rig {
    let folder: Folder
    let file: String
    let state: String
    let elsewhere: String
    private static let good = "version: 1\nstoker: {state_dir: state}\nservices: {a: {command: [a]}}\n"

    init(_ text: String? = good) throws {
      folder = try Folder()
      (file, state, elsewhere) = ("\(folder.path)/stoker.yaml", "\(folder.path)/state", "\(folder.path)/elsewhere")
      if let text { _ = try folder.write("stoker.yaml", text) }
      for directory in [state, elsewhere] { #expect(mkdir(directory, 0o700) == 0) }
    }

    /// A socket in a state directory, whose server listens.
    func bind(in directory: String) throws -> Int32 {
      let path = "\(directory)/stoker.sock"
      unlink(path)
      let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      try #require(UnixSocket.call(Glibc.bind, server, path) == 0 && Glibc.listen(server, 0) == 0)
      return server
    }

    /// The socket of a Stoker that was killed.
    func leave(in directory: String) throws { close(try bind(in: directory)) }

    func place(
      config: Bool = true, isRoot: Bool = false, machine: String? = nil, _ running: RunningStoker...
    ) throws(Failure) -> StokerSearch.Place {
      var search = StokerSearch(config: config ? file : nil)
      search.running = { running }
      search.usual = UsualFile(local: "\(folder.path)/none.yaml", machine: machine ?? "\(folder.path)/none.yaml")
      search.environment = ["XDG_STATE_HOME": "\(folder.path)/default"]
      search.isRoot = isRoot
      return try search.place()
    }
  }

  @Test("a valid file: its socket, then the Stoker that was started with it, then a sentence")
  func valid() throws {
    let rig = try Rig()
    let other = RunningStoker(pid: 7, directory: rig.elsewhere, file: rig.file)
    let failure = #expect(throws: Failure.self) { try rig.place(RunningStoker(pid: 7, directory: rig.elsewhere, file: "/other.yaml")) }
    #expect(failure?.status == .unavailable)
    #expect(failure?.sentence.contains("no socket at \(rig.state)/stoker.sock") == true)
    let moved = try rig.place(other)
    #expect(moved.directory == rig.elsewhere)
    #expect(moved.warning == "the Stoker of \(rig.file) uses the state directory \(rig.elsewhere), not \(rig.state)")
    try rig.leave(in: rig.state)
    #expect(try rig.place(other) == moved, "a socket that is left over hides nobody")
    let dead = #expect(throws: Failure.self) { try rig.place() }
    #expect(dead?.sentence.contains("no answer at \(rig.state)/stoker.sock: Connection refused (ECONNREFUSED)") == true)
    let starting = RunningStoker(pid: 8, directory: rig.state, file: rig.file)
    #expect(try rig.place(starting).warning == nil, "the Stoker that has the lock makes its socket anew")
    let server = try rig.bind(in: rig.state)
    defer { close(server) }
    let another = RunningStoker(pid: 9, directory: rig.state, file: "/other.yaml")
    #expect(try rig.place(another, other) == moved, "the Stoker of another file has the directory now")
    #expect(try rig.place(another).warning == "the Stoker in \(rig.state) was started with /other.yaml")
    // The second connection finds the queue full, and does not wait for a place in it.
    for _ in 0..<3 { #expect(try rig.place(other) == StokerSearch.Place(name: rig.file, directory: rig.state)) }
  }

  @Test("neither a file nor a socket of another kind is a Stoker", arguments: [false, true])
  func noSocket(isDatagram: Bool) throws {
    let rig = try Rig()
    let path = "\(rig.state)/stoker.sock"
    if isDatagram {
      let other = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(other) }
      try #require(UnixSocket.call(Glibc.bind, other, path) == 0)
    } else {
      _ = try rig.folder.write("state/stoker.sock", "")
    }
    let failure = #expect(throws: Failure.self) { try rig.place() }
    #expect(failure?.status == .unavailable)
    #expect(try rig.place(RunningStoker(pid: 7, directory: rig.elsewhere, file: rig.file)).directory == rig.elsewhere)
  }

  @Test(
    "a file with faults takes nothing away: the Stoker that was started with it is asked, else one in the directory that it names",
    arguments: ["version: 1\nstoker: {state_dir: state}\nservices: {a: {comand: [a]}, b: 3}\n", "{", "", nil])
  func faulty(text: String?) throws {
    let rig = try Rig(text)
    let other = RunningStoker(pid: 7, directory: rig.elsewhere, file: rig.file)
    let found = try rig.place(other)
    #expect(found.directory == rig.elsewhere)
    #expect(found.warning?.contains("stoker.yaml") == true)
    #expect(found.warning?.contains(" more error") == (text?.contains("comand") ?? false))
    let failure = #expect(throws: Failure.self) { try rig.place() }
    #expect(failure?.status == .badServiceFile)
    if text?.contains("state") == true {
      try rig.leave(in: rig.state)
      #expect(throws: Failure.self) { try rig.place() }
      let server = try rig.bind(in: rig.state)
      defer { close(server) }
      let there = try rig.place()
      #expect(there.directory == rig.state && there.warning?.hasSuffix("the Stoker in \(rig.state) is asked") == true)
      let another = try rig.place(RunningStoker(pid: 9, directory: rig.state, file: "/other.yaml"))
      #expect(another.warning?.hasSuffix("the Stoker in \(rig.state), which was started with /other.yaml, is asked") == true)
    }
    let twice = #expect(throws: Failure.self) { try rig.place(other, RunningStoker(pid: 8, directory: "/x", file: rig.file)) }
    #expect(twice?.status == .usage)
    #expect(twice?.sentence.contains("unix:/x/stoker.sock") == true)
  }

  @Test("a Stoker without its state directory is no Stoker that does not run")
  func lost() throws {
    let rig = try Rig()
    let failure = #expect(throws: Failure.self) { try rig.place(RunningStoker(pid: 7, directory: rig.state, isLost: true, file: nil)) }
    #expect(failure?.status == .unavailable)
    #expect(failure?.sentence.contains("a Stoker (pid 7) is running, but its state directory \(rig.state) is gone") == true)
  }

  @Test("without a file: the machine's, then the only Stoker of this user; of several none")
  func withoutFile() throws {
    let rig = try Rig()
    let (one, two) = (RunningStoker(pid: 7, directory: "/one", file: "/1.yaml"), RunningStoker(pid: 8, directory: "/two", file: nil))
    let gone = RunningStoker(pid: 9, directory: "/gone", isLost: true, file: nil)
    #expect(throws: Failure.self) { try rig.place(config: false, gone) }
    #expect(try rig.place(config: false, one, gone) == StokerSearch.Place(name: "/1.yaml", directory: "/one"))
    let several = #expect(throws: Failure.self) { try rig.place(config: false, one, two) }
    #expect(several?.status == .usage)
    #expect(
      several?.sentence
        == "2 Stokers of this user are running: /1.yaml (pid 7), /two (pid 8); choose one with --config FILE or --url")
    let removed = RunningStoker(pid: 10, directory: "/removed", file: "\(rig.folder.path)/none.yaml")
    #expect(try rig.place(config: false, one, removed).directory == "/removed", "the file was here when it was started")
    #expect(try rig.place(config: false, machine: rig.file, one).directory == "/one", "the machine's Stoker is not this user's")
    #expect(throws: Failure.self) { try rig.place(config: false, isRoot: true, machine: rig.file, one) }
    let server = try rig.bind(in: rig.state)
    defer { close(server) }
    #expect(try rig.place(config: false, machine: rig.file, one).directory == rig.state)
  }
}
