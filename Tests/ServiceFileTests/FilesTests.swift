// Files on disk: unreadable service files, environment files, the directory of state.
import Glibc
import Testing

@testable import ServiceFile

@Suite("Files")
struct FilesTests {
  private func message(_ path: String) -> String? {
    do throws(ServiceFileError) {
      _ = try ServiceFile.load(path, environment: [:])
      return nil
    } catch {
      return error.description
    }
  }

  @Test("a service file that cannot be read says why and what to do")
  func unreadable() throws {
    #expect(message("no/stoker.yaml") == "no/stoker.yaml: No such file or directory (ENOENT); name the service file with --config FILE")
    try withDirectory { directory in
      #expect(message(directory) == "\(directory): Is a directory (EISDIR); name the file in it")
    }
  }

  @Test("a service file is read from disk, and its relative paths taken from where it stands")
  func load() throws {
    try withDirectory { directory in
      let path = directory + "/stoker.yaml"
      try write(oneService("directory: sub").utf8, to: path)
      let file = try ServiceFile.load(path, environment: [:])
      #expect(file.path == path)
      #expect(file.services[0].directory == directory + "/sub")
      try write("version: 1\n".utf8, to: path)
      #expect(message(path) == "\(path):1:1: 'services' is missing: it must be a mapping of names to services")
    }
  }

  @Test("text is read as if it stood at a path")
  func parse() throws {
    let file = try ServiceFile.parse(oneService(""), path: "/srv/x/../fog/stoker.yaml", environment: [:])
    #expect(file.path == "/srv/fog/stoker.yaml")
    #expect(file.services[0].directory == "/srv/fog")
  }

  @Test("the directory of state follows XDG, root has one of its own, and two files have two")
  func stateDirectory() {
    func directory(_ environment: [String: String], path: String = "/srv/fog/stoker.yaml", name: String? = "fog-1", isRoot: Bool = false)
      -> String
    {
      ServiceFile.defaultStateDirectory(name: name, path: path, environment: environment, isRoot: isRoot)
    }
    // FNV-1a of the path, worked out by hand with another program.
    #expect(directory(["HOME": "/h"]) == "/h/.local/state/stoker/fog-1-361dc904")
    #expect(directory(["HOME": "/h", "XDG_STATE_HOME": "/x/"]) == "/x/stoker/fog-1-361dc904")
    #expect(directory(["HOME": "/h", "XDG_STATE_HOME": "relative"]) == "/h/.local/state/stoker/fog-1-361dc904")
    #expect(directory(["HOME": "/h"], isRoot: true) == "/var/lib/stoker/fog-1-361dc904")
    #expect(directory([:], path: "/other", isRoot: true) != directory([:], isRoot: true))
    #expect(directory([:], name: "a/../b c", isRoot: true).hasPrefix("/var/lib/stoker/a-..-b-c-"))
    #expect(directory([:], name: nil, isRoot: true) == "/var/lib/stoker/stoker-361dc904")
    #expect(directory([:], path: "/srv/a b.c.yml", name: nil, isRoot: true).hasPrefix("/var/lib/stoker/a-b.c-"))
    #expect(directory([:], path: "/srv/.yaml", name: nil, isRoot: true).hasPrefix("/var/lib/stoker/.yaml-"))
    #expect(directory([:], path: "/\(String(repeating: "x", count: 99))", name: nil, isRoot: true).utf8.count < 60)
    #expect(directory([:]).hasPrefix("/"))
    #expect(!ServiceFile.defaultNodeName().isEmpty)
  }

  @Test("a path is named from the working directory once, and only a leading '..' is resolved in the text")
  func anchored() throws {
    let here = try #require(getcwd(nil, 0).map { String(cString: $0) })
    #expect(FilePath.anchored("/a/../b") == "/a/../b")
    #expect(FilePath.anchored("./a/../b.yaml") == "\(here)/a/../b.yaml")
    #expect(FilePath.anchored("../b.yaml") == FilePath.absolute("../b.yaml", from: here))
    #expect(FilePath.anchored("../../../../../../../../b.yaml") == "/b.yaml")
  }

  private func variables(_ text: String) throws -> [NamedValue] {
    try withDirectory { directory in
      try write(text.utf8, to: directory + "/env")
      return try EnvironmentFile.read(directory + "/env")
    }
  }

  @Test("variables keep their order, and of a name that stands twice both are handed on")
  func order() throws {
    #expect(try variables("B=1\nA=2\nB=3\n").map { $0.name + $0.value } == ["B1", "A2", "B3"])
  }

  @Test("what is wrong with an environment file comes at once, each with its place")
  func environmentFaults() throws {
    try withDirectory { directory in
      let path = directory + "/env"
      try write("A=1\nnonsense\n  1B=2\nSTOKER_RUN=x\nC='open\n".utf8, to: path)
      let error = #expect(throws: ServiceFileError.self) { try EnvironmentFile.read(path) }
      #expect(
        error?.description == """
          \(path):2:1: expected NAME=value
          \(path):3:3: '1B' is not a variable's name: letters, digits and '_'
          \(path):4:1: 'STOKER_RUN' is reserved: Stoker recognises its own processes by it
          \(path):5:3: the quote that begins here is never closed
          """)
      let missing = #expect(throws: ServiceFileError.self) { try EnvironmentFile.read(directory + "/none") }
      #expect(missing?.description == "\(directory)/none: No such file or directory (ENOENT); it is the 'environment_file' of a service")
    }
  }
}
