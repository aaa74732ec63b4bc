// Files that others may write, and files that are no plain files.
import Glibc
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Trusted files")
struct TrustTests {
  private static let strict = FilePolicy(isStrict: true)

  /// The error of reading an environment file; nil if it has `A=1`.
  private func fault(_ path: String, _ policy: FilePolicy = strict) -> String? {
    do throws(ServiceFileError) {
      let values = try EnvironmentFile.read(path, under: policy)
      #expect(values == [NamedValue(name: "A", value: "1")])
      return nil
    } catch {
      return error.description
    }
  }

  @Test("a file that everybody may write, or replace, is refused with what mends it")
  func everybody() throws {
    try withDirectory { directory in
      let path = "\(directory)/sub/env"
      #expect(mkdir("\(directory)/sub", 0o755) == 0)
      try write("A=1\n".utf8, to: path)
      #expect(fault(path) == nil)
      #expect(chmod(path, 0o646) == 0)
      #expect(
        fault(path)
          == "\(path): everybody can write it, so root does not use it; mend that with 'chmod o-w \(path)', or use --trust-files")
      #expect(fault(path, FilePolicy(isStrict: false)) == nil)
      #expect(chmod(path, 0o644) == 0)
      #expect(chmod(directory, 0o777) == 0)
      #expect(fault(path)?.contains("everybody can write '\(directory)', and so replace it") == true)
      #expect(chmod(directory, 0o1777) == 0)
      #expect(fault(path) == nil, "with the sticky bit nobody replaces what is another's")
    }
  }

  @Test("a link out of a folder that another user may write is not followed with root's rights", .enabled(if: geteuid() == 0))
  func links() throws {
    try withDirectory { directory in
      let own = "\(directory)/own"
      #expect(mkdir(own, 0o755) == 0 && mkdir("\(own)/release", 0o755) == 0)
      try write("A=1\n".utf8, to: "\(directory)/secret")
      try write("A=1\n".utf8, to: "\(own)/release/env")
      #expect(symlink("../secret", "\(own)/env") == 0 && symlink("\(own)/release", "\(own)/current") == 0)
      #expect(symlink("..", "\(own)/up") == 0 && symlink("release/env", "\(own)/inside") == 0)
      #expect(fault("\(own)/env") == nil, "root's own link")
      #expect(chown(own, 65534, 65534) == 0)
      #expect(
        fault("\(own)/env")?.contains("'\(own)/env' is a symbolic link, which is not followed since '\(own)' belongs to user 65534")
          == true)
      #expect(fault("\(own)/up/secret")?.contains("is a symbolic link") == true)
      #expect(fault("\(own)/inside") == nil && fault("\(own)/current/env") == nil)
      // A folder of its own within another's.
      #expect(chown(directory, 1, 1) == 0)
      #expect(fault("\(own)/env")?.contains("since '\(own)' belongs to user 65534") == true)
    }
  }

  @Test(
    "a service's user cannot make a file of a fault in it: neither by links to others' logs, nor by modes", .enabled(if: geteuid() == 0))
  func services() throws {
    try withDirectory { directory in
      let path = "\(directory)/stoker.yaml"
      try write(
        """
        version: 1
        services:
          a: {command: x, user: "65534", log: {path: own/a.log}, environment_file: own/env}
          b: {command: x, log: {path: logs/b.log}}
        """.utf8, to: path)
      #expect(mkdir("\(directory)/own", 0o755) == 0 && mkdir("\(directory)/logs", 0o755) == 0)
      for name in ["own/env", "logs/b.log"] { try write("".utf8, to: "\(directory)/\(name)") }
      #expect(symlink("../logs/b.log", "\(directory)/own/a.log") == 0)
      #expect(throws: ServiceFileError.self, "an operator's own link") { try ServiceFile.load(path, environment: [:]) }
      #expect(chown("\(directory)/own", 65534, 65534) == 0 && chown("\(directory)/own/env", 65534, 65534) == 0)
      func report() throws -> ServiceFile.TrustReport {
        try ServiceFile.load(path, environment: [:]).trust(under: Self.strict, stateDirectory: nil)
      }
      #expect(try report().refusals.isEmpty)
      for target in ["../stoker.yaml", "env"] {
        #expect(unlink("\(directory)/own/a.log") == 0 && symlink(target, "\(directory)/own/a.log") == 0)
        #expect(try report().refusals.isEmpty)
      }
      #expect(unlink("\(directory)/own/a.log") == 0 && link("\(directory)/own/env", "\(directory)/own/a.log") == 0)
      #expect(chmod("\(directory)/own/env", 0o666) == 0)
      #expect(try report().refusals.isEmpty)
      #expect(fault("\(directory)/own/env")?.contains("everybody can write it") == true, "its service does not start")
    }
  }

  @Test("what others can change is a warning, once for each place; not what is the service's own user's", .enabled(if: geteuid() == 0))
  func warnings() throws {
    try withDirectory { directory in
      let path = "\(directory)/stoker.yaml"
      try write(
        "version: 1\nservices:\n  a: {command: x, user: \"65534\", environment_file: own/a}\n  b: {command: x, environment_file: own/b}\n"
          .utf8,
        to: path)
      func report() throws -> ServiceFile.TrustReport {
        try ServiceFile.load(path, environment: [:]).trust(under: Self.strict, stateDirectory: "\(directory)/own/none/yet")
      }
      #expect(mkdir("\(directory)/own", 0o755) == 0)
      for name in ["a", "b"] { try write("".utf8, to: "\(directory)/own/\(name)") }
      #expect(try report() == ServiceFile.TrustReport())
      #expect(chown("\(directory)/own", 65534, 65534) == 0)
      #expect(
        try report().warnings == [
          "the environment file '\(directory)/own/b' (and 1 more) can be changed by others: '\(directory)/own' belongs to user 65534"
        ])
      #expect(chown("\(directory)/own", 0, 0) == 0 && chown(path, 1, 1) == 0 && chmod("\(directory)/own/a", 0o666) == 0)
      let last = try report()
      #expect(last.warnings == ["the service file '\(path)' can be changed by others: '\(path)' belongs to user 1"])
      #expect(last.refusals.map(\.file) == ["\(directory)/own/a"])
    }
  }

  @Test("a pipe is read to its end, and without one, or without content, it is an error")
  func pipes() throws {
    /// The content of a pipe that `body` fills.
    func content(_ patience: Duration = .seconds(60), _ body: (Int32) -> Void) throws(FileReadingError) -> [UInt8] {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
      body(ends[1])
      defer { close(ends[0]) }
      return try FileContents.read(ends[0], limit: 100_000, patience: patience)
    }
    let text = try content { end in
      #expect(Glibc.write(end, "A=1\n", 4) == 4)
      close(end)
    }
    #expect(text == Array("A=1\n".utf8))
    #expect(throws: FileReadingError.nothing) { try content { end in _ = close(end) } }
    var open: Int32 = 0
    #expect(throws: FileReadingError.endless(.milliseconds(20))) {
      try content(.milliseconds(20)) { end in
        #expect(Glibc.write(end, "A=1\n", 4) == 4)
        open = end
      }
    }
    close(open)
    let endless = #expect(throws: ServiceFileError.self) { try EnvironmentFile.read("/dev/zero") }
    #expect(endless?.description == "/dev/zero: it is a device, not a regular file; it is the 'environment_file' of a service")
    #expect(try EnvironmentFile.read("/dev/null").isEmpty)
  }

  @Test(
    "a service file is a regular file, and a pipe only by the name of a descriptor; nothing else is opened",
    arguments: ["fifo", "socket", "/dev/zero"])
  func kinds(kind: String) throws {
    try withDirectory { directory in
      let path = kind == "/dev/zero" ? kind : "\(directory)/stoker.yaml"
      if kind == "fifo" { #expect(mkfifo(path, 0o600) == 0) }
      if kind == "socket" { #expect(mknod(path, S_IFSOCK | 0o600, 0) == 0) }
      let failure = #expect(throws: ServiceFileError.self) { try ServiceFile.load(path, environment: [:]) }
      #expect(failure?.description.contains("not a regular file") == true)
    }
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    let text = "version: 1\nservices: {a: {command: [a]}}\n"
    #expect(Glibc.write(ends[1], text, text.utf8.count) == text.utf8.count)
    close(ends[1])
    defer { close(ends[0]) }
    #expect(try ServiceFile.load("/dev/fd/\(ends[0])", environment: [:]).services.count == 1)
  }

  @Test("the environment files that cannot be used are told, one sentence for each, without what is in them")
  func states() throws {
    try withDirectory { directory in
      let path = "\(directory)/stoker.yaml"
      let services = ["a: gone", "b: gone", "c: bad", "d: good", "e: pipe"].map { entry in
        "  \(entry.prefix(1)): {command: [a], environment_file: \(entry.dropFirst(3)).env}\n"
      }
      let text = "version: 1\nservices:\n\(services.joined())"
      let file = try ServiceFile.parse(text, path: path, environment: [:])
      #expect(mkfifo("\(directory)/pipe.env", 0o600) == 0)
      for (name, content) in [("bad", "se cret\nA=1\nun named\n"), ("good", "A=1\n")] {
        let written = fopen("\(directory)/\(name).env", "w")
        fputs(content, written)
        fclose(written)
      }
      let states = EnvironmentState.all(of: file, under: FilePolicy(isStrict: false))
      #expect(states.map(\.service.spec.name) == ["a", "b", "c", "d"])
      let warnings = EnvironmentState.warnings(states)
      #expect(warnings.count == 2)
      #expect(
        warnings.first
          == "service 'a' (and 1 more) cannot start until this is mended: \(directory)/gone.env: No such file or directory (ENOENT); it is "
          + "the 'environment_file' of a service")
      #expect(warnings.last?.hasPrefix("service 'c' cannot start until this is mended: \(directory)/bad.env:1:") == true)
    }
  }

  @Test("the writer of a pipe that comes late is waited for")
  func latePipe() throws {
    try withDirectory { directory in
      let path = "\(directory)/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      // Opening waits for the reader: the writer comes after it.
      var writer = pthread_t()
      let argument = Unmanaged.passRetained(Path(path))
      pthread_create(
        &writer, nil,
        { argument in
          guard let argument else { return nil }
          let file = fopen(Unmanaged<Path>.fromOpaque(argument).takeRetainedValue().text, "w")
          if let file {
            fputs("A=1\n", file)
            fclose(file)
          }
          return nil
        }, argument.toOpaque())
      #expect(fault(path) == nil)
      pthread_join(writer, nil)
    }
  }

  private final class Path: Sendable {
    let text: String
    init(_ text: String) { self.text = text }
  }

  @Test("a log cannot be the service file or an environment file, by whatever path")
  func logs() throws {
    try withDirectory { directory in
      func fault(_ path: String) throws -> String? {
        let text = oneService("environment_file: env\nlog: {path: \(path)}")
        try write(text.utf8, to: "\(directory)/stoker.yaml")
        do throws(ServiceFileError) {
          _ = try ServiceFile.load("\(directory)/stoker.yaml", environment: [:])
          return nil
        } catch {
          return error.diagnostics.map(\.message).joined()
        }
      }
      try write("".utf8, to: "\(directory)/env")
      #expect(try fault("a.log") == nil)
      #expect(try fault("stoker.yaml")?.hasPrefix("the log of service 'a' would be written into the service file, ") == true)
      #expect(try fault("./x/../env")?.contains("into the environment file of service 'a', ") == true)
      #expect(symlink("env", "\(directory)/soft") == 0 && link("\(directory)/env", "\(directory)/hard") == 0)
      #expect(try fault("soft")?.contains("into the environment file") == true)
      #expect(try fault("hard")?.contains("into the environment file") == true)
    }
  }

  @Test("when the folder of the service file is swapped by renaming, the services in it have another directory; when it is named anew, not")
  func swapped() throws {
    try withDirectory { directory in
      func path(_ name: String) -> String { "\(directory)/\(name)" }
      func file(_ name: String) throws -> ServiceFile { try ServiceFile.load("\(path(name))/stoker.yaml", environment: [:]) }
      for name in ["app", "new"] {
        #expect(mkdir(path(name), 0o755) == 0)
        try write(
          "version: 1\nservices:\n  a: {command: x}\n  b: {command: x, directory: sub}\n  c: {command: x, directory: /}\n".utf8,
          to: path("\(name)/stoker.yaml"))
      }
      let before = try file("app")
      #expect(ServiceFileDiff(from: before, to: try file("app")).isEmpty)
      #expect(rename(path("app"), path("old")) == 0 && rename(path("new"), path("app")) == 0)
      #expect(
        ServiceFileDiff(from: before, to: try file("app")).services.map(\.action) == [
          .restarted(reasons: ["directory"], others: []), .restarted(reasons: ["directory"], others: []), .unchanged,
        ])
      #expect(symlink("old", path("link")) == 0)
      let linked = try file("link")
      #expect(unlink(path("link")) == 0 && symlink("app", path("link")) == 0)
      #expect(ServiceFileDiff(from: linked, to: try file("link")).isEmpty)
    }
  }
}
