// The search for the state directory that an earlier version made: its name had the name of the node.
import Glibc
import Testing

@testable import ServiceFile

@Suite("State directories of earlier versions")
struct StateDirectoryTests {
  /// A folder of state directories of one service file, seen from one machine.
  private struct Machine {
    let folder: String
    var name = "first"
    var isOnlyThisMachines = false

    func make(_ name: String, _ record: String? = nil) throws {
      #expect(mkdir("\(folder)/\(name)", 0o700) == 0)
      if let record { try write(record.utf8, to: "\(folder)/\(name)/runtime.json") }
    }

    func found() throws -> String {
      let search = StateDirectorySearch(
        folder: folder, leaf: "stoker-0a", hash: "0a", isOnlyThisMachines: isOnlyThisMachines, boot: "boot", machine: "machine")
      return String(try search.run(earlierLeaf: "\(name)-0a").dropFirst(folder.utf8.count + 1))
    }
  }

  private static let mine = #"{"machine":"machine","running":[],"version":3}"#
  private static let others = #"{"machine":"other","running":[],"version":3}"#
  private static let running = #"{"running":[{"bootID":"boot","name":"a"}],"version":2}"#
  private static let silent = #"{"running":[],"version":2}"#

  @Test("a node that is called as it was, and one that is not, find the directory of the first version")
  func earlier() throws {
    try withDirectory { directory in
      var machine = Machine(folder: directory)
      #expect(try machine.found() == "stoker-0a")
      try machine.make("first-0b", Self.running)
      #expect(try machine.found() == "stoker-0a")
      try machine.make("first-0a", Self.running)
      #expect(try machine.found() == "first-0a")
      machine.name = "second"
      #expect(try machine.found() == "first-0a")
      try machine.make("stoker-0a")
      #expect(try machine.found() == "stoker-0a")
    }
  }

  @Test("the directory of another machine is left alone, also the one by today's rule")
  func machines() throws {
    try withDirectory { directory in
      var machine = Machine(folder: directory, name: "second")
      try machine.make("first-0a", Self.others)
      #expect(try machine.found() == "stoker-0a")
      try machine.make("third-0a", Self.silent)
      #expect(try machine.found() == "stoker-0a", "it may be another machine's")
      try machine.make("stoker-0a", Self.others)
      #expect(try machine.found() == "stoker-0a", "the record is refused where it is read")
      try machine.make("second-0a", Self.silent)
      #expect(try machine.found() == "second-0a")
      machine.name = "fourth"
      try machine.make("old-0a", Self.mine)
      #expect(try machine.found() == "old-0a")
    }
  }

  @Test("a record is read as JSON, whatever its spaces; names in it that look like its keys prove nothing")
  func records() throws {
    try withDirectory { directory in
      let machine = Machine(folder: directory, name: "second")
      try machine.make("first-0a", #"{ "version": 3, "machine" : "machine", "running" : [] }"#)
      #expect(try machine.found() == "first-0a")
      let disguised = #"{"machine":"other","running":[{"bootID":"b","name":"\"bootID\":\"boot\""}],"version":3}"#
      try write(disguised.utf8, to: "\(directory)/first-0a/runtime.json")
      #expect(try machine.found() == "stoker-0a")
      try write(#"{"machine":"machine","runn"#.utf8, to: "\(directory)/first-0a/runtime.json")
      #expect(try machine.found() == "stoker-0a", "it is torn")
    }
  }

  @Test(
    "a file with faults still names its state directory; else it is the default one of its path",
    arguments: [
      ("version: 1\nstoker: {state_dir: /srv/state}\nservices: {a: {comand: x}}\n", "/srv/state"),
      ("version: 9\nstoker: {state_dir: state, nosuch: 1}\n", "DIRECTORY/state"), ("version: 1\nservices: {a: [}\n", nil), ("", nil),
      ("stoker: 7\n", nil), (nil, nil),
    ] as [(String?, String?)])
  func likely(text: String?, expected: String?) throws {
    try withDirectory { directory in
      let path = "\(directory)/web.yaml"
      if let text { try write(text.utf8, to: path) }
      let environment = ["XDG_STATE_HOME": directory]
      let usual = ServiceFile.defaultStateDirectory(path: path, environment: environment, isRoot: false)
      let found = ServiceFile.likelyStateDirectory(of: path, environment: environment, isRoot: false)
      #expect(found == (expected?.replacing("DIRECTORY", with: directory) ?? usual))
    }
  }

  @Test("of several the one in use is taken; where none can be told apart, they are named")
  func several() throws {
    try withDirectory { directory in
      let machine = Machine(folder: directory, name: "third", isOnlyThisMachines: true)
      try machine.make("first-0a", Self.silent)
      #expect(try machine.found() == "first-0a")
      try machine.make("second-0a", Self.silent)
      let error = #expect(throws: StateDirectoryError.self) { try machine.found() }
      #expect(
        error?.description
          == "2 state directories of earlier versions may be this service file's: '\(directory)/first-0a', '\(directory)/second-0a'; set stoker.state_dir to the right one"
      )
      try write(Self.running.utf8, to: "\(directory)/second-0a/runtime.json")
      #expect(try machine.found() == "second-0a")
      let lock = open("\(directory)/first-0a/lock", O_RDWR | O_CREAT, 0o600)
      #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
      #expect(try machine.found() == "first-0a")
      close(lock)
      #expect(symlink("first-0a", "\(directory)/third-0a") == 0)
      #expect(try machine.found() == "second-0a", "a link is nobody's state directory")
    }
  }
}
