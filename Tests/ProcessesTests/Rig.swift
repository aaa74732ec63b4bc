// A process table with a recorder, shells to run in it, and pipes for their output.

import CLinux
import Glibc
import Linux
import Orchestration
import Processes
import Synchronization
import TestSupport
import Testing

/// A table of its own for one test.
final class Rig: Sendable {
  let recorder: EventRecorder
  let table: ProcessTable
  let marks: RunMarks
  private let next = Mutex<UInt64>(1)
  private let other = Mutex<Rig?>(nil)

  static let path: EnvironmentVariable = "PATH=/usr/local/bin:/usr/bin:/bin"

  init(mark: String? = nil, notifications: NotifyFolder = NotifyFolder()) throws {
    let recorder = EventRecorder()
    marks = .test(mark ?? "test-\(getpid())-\(UInt64.random(in: 0 ... .max))")
    self.recorder = recorder
    table = try ProcessTable(marks: marks, notifications: notifications) { recorder.record($0) }
  }

  deinit {
    // An unreaped child would stay a zombie, and a call that waits for any child, as in exit tests, would see
    // nothing but the first zombie.
    for pid in table.shutdown() {
      Task {
        while waitpid(pid, nil, WNOHANG) == 0 { try await Task.sleep(for: .milliseconds(5)) }
      }
    }
  }

  /// Another table, for processes that do not belong to this one.
  var second: Rig {
    get throws {
      if let made = other.withLock({ $0 }) { return made }
      let made = try Rig()
      other.withLock { $0 = made }
      return made
    }
  }

  func key() -> RunKey {
    next.withLock { next in
      defer { next += 1 }
      return RunKey(owner: "seven", run: next)
    }
  }

  func spawn(_ arguments: [String], output: SpawnOutput = .null, directory: String = "/", environment: [EnvironmentVariable] = [Rig.path])
    -> RunKey
  {
    let key = key()
    table.spawn(SpawnRequest(arguments: arguments, environment: environment, directory: directory, output: output), as: key)
    return key
  }

  func shell(_ script: String, output: SpawnOutput = .null) -> RunKey {
    spawn(["/bin/sh", "-c", script], output: output)
  }
}

extension RunMarks {
  /// Marks that are the same in another process of a test.
  static func test(_ text: String) -> RunMarks { RunMarks(text, key: StateKey(Array(repeating: 7, count: 32))) }
}

/// A pipe that a child writes into and a test reads from.
final class Hearing: Sendable {
  private let reading: Int32
  let output: SpawnOutput

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(clinux_pipe(&ends) == 0)
    reading = ends[0]
    output = .owned(OutputEnds(stdout: ends[1], stderr: fcntl(ends[1], F_DUPFD_CLOEXEC, 0), isPassed: true))
  }

  deinit { close(reading) }

  /// The next line.
  func line() async throws -> String {
    try await onThread { try self.readLine() }
  }

  /// All output until the last writer has closed the pipe.
  func all() async throws -> String {
    try await onThread { try self.readAll() }
  }

  private func readLine() throws -> String {
    var bytes: [UInt8] = []
    while true {
      var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      try #require(poll(&entry, 1, 120_000) == 1, "nothing was said for 120 s after '\(String(decoding: bytes, as: UTF8.self))'")
      var byte: UInt8 = 0
      guard read(reading, &byte, 1) == 1, byte != UInt8(ascii: "\n") else { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
  }

  private func readAll() throws -> String {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      var entry = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      try #require(poll(&entry, 1, 120_000) == 1)
      let count = read(reading, &block, block.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += block[0..<count]
    }
  }
}

/// Whether a process lives and is no zombie.
func isAlive(_ pid: Int32) -> Bool {
  guard let line = contents("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else { return false }
  return !line[end...].hasPrefix(") Z") && !line[end...].hasPrefix(") X")
}

/// Whether a pid is taken, also by a zombie.
func exists(_ pid: Int32) -> Bool { contents("/proc/\(pid)/stat") != nil }

func openDescriptors() -> Int {
  guard let folder = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(folder) }
  var count = 0
  while readdir(folder) != nil { count += 1 }
  return count
}

extension Folder {
  /// Writes an executable file. A shell writes it: were it open here, a child that is just being spawned
  /// might have a copy (ETXTBSY).
  func script(_ name: String, _ text: String) async throws -> String {
    let rig = try Rig()
    let file = "\(path)/\(name)"
    let key = rig.spawn(["sh", "-c", "printf '%s' \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", text, file])
    try #require(try await rig.recorder.exit(of: key) == .code(0))
    return file
  }
}
