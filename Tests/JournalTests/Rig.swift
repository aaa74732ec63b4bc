// A folder with journals, and a recorder of their notices.

import Glibc
import Orchestration
import Synchronization
import Testing

@testable import Journal

/// A folder for one test, removed with the last reference.
final class Folder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/stoker-journal-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } }
    path = try #require(made)
  }

  deinit { Self.empty(path) }

  var database: String { "\(path)/stoker.sqlite" }

  /// Names and sizes of the files.
  var files: [String: Int] {
    var files: [String: Int] = [:]
    for name in Self.names(in: path) { files[name] = bytes(name).count }
    return files
  }

  func bytes(_ name: String) -> [UInt8] {
    guard let file = fopen("\(path)/\(name)", "re") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[0..<count] }
    return bytes
  }

  func write(_ bytes: [UInt8], to name: String, at offset: Int? = nil) throws {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC | (offset == nil ? O_TRUNC : 0), 0o600)
    try #require(file >= 0)
    defer { close(file) }
    try #require(pwrite(file, bytes, bytes.count, off_t(offset ?? 0)) == bytes.count)
  }

  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func empty(_ path: String) {
    for name in names(in: path) where unlink("\(path)/\(name)") != 0 { empty("\(path)/\(name)") }
    rmdir(path)
  }
}

/// The notices of journals, and a way to wait for them.
final class Recorder: Sendable {
  struct Told: Sendable {
    var notices: [Journal.Notice] = []
    var commits = 0
  }

  private struct Waiter {
    let answer: Answer<Bool>
    let check: @Sendable (Told) -> Bool
  }

  private let state = Mutex<(told: Told, waiters: [Waiter])>((Told(), []))

  var told: Told { state.withLock { $0.told } }

  func record(_ change: (inout Told) -> Void) {
    state.withLock { state in
      change(&state.told)
      for waiter in state.waiters where waiter.check(state.told) { waiter.answer.give(true) }
    }
  }

  /// Waits until the notices fulfil `check`; fails the test after 30 s.
  func wait(for what: String, _ check: @escaping @Sendable (Told) -> Bool) async throws {
    let answer = Answer<Bool>()
    state.withLock { state in
      if check(state.told) { answer.give(true) } else { state.waiters.append(Waiter(answer: answer, check: check)) }
    }
    let isMet = await answer.value(within: .seconds(30)) { false }
    try #require(isMet, "waited 30 s for \(what); told was \(told)")
  }
}

/// A folder and its journals.
final class Rig: Sendable {
  let folder: Folder
  let recorder = Recorder()

  init() throws { folder = try Folder() }

  func journal(in directory: String? = nil, schema: Schema = .current, _ change: (inout Settings) -> Void = { _ in }) -> Journal {
    let recorder = recorder
    var settings = Settings()
    settings.firstPause = .milliseconds(5)
    settings.longestPause = .milliseconds(50)
    settings.afterCommit = { recorder.record { $0.commits += 1 } }
    change(&settings)
    return Journal(directory: directory ?? folder.path, settings: settings, schema: schema) { notice in
      recorder.record { $0.notices.append(notice) }
    }
  }

  /// A query of another program.
  func look() throws -> Connection { try Connection(path: folder.database) }
}

extension Journal {
  /// Ends a life without order, while its process goes on.
  func abandon() async { _ = await ask(within: .seconds(30), otherwise: { false }) { .close(inOrder: false, $0) } }
}

func start(_ service: String, _ run: UInt64, at: Int64 = 1000, reason: RestartReason? = nil) -> Journal.Record {
  .started(RunStart(service: service, run: run, at: at, cause: "start \(run)", reason: reason, pid: Int32(run)))
}

func end(_ service: String, _ run: UInt64, at: Int64 = 2000, lines: [String] = []) -> Journal.Record {
  .ended(RunEnd(service: service, run: run, at: at, cause: "end \(run)", exit: .code(1), seconds: 1, lines: lines))
}

func wish(_ service: String, isUp: Bool) -> Journal.Record { .intent(Intent(service: service, isUp: isUp, by: "a test", at: 5)) }

func bucket(_ window: UptimeHistory.Window, _ number: Int64, up: UInt32 = 1) -> UptimeHistory.Bucket {
  UptimeHistory.Bucket(window: window, number: number, up: up, total: 10)
}

/// A small file system in memory, for root alone.
final class SmallDisk: Sendable {
  let path: String
  private let folder: Folder

  static var isPossible: Bool {
    guard let folder = try? Folder(), geteuid() == 0 else { return false }
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
    return umount2(folder.path, Int32(MNT_DETACH)) == 0
  }

  init(size: String) throws {
    folder = try Folder()
    path = folder.path
    try #require(mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0)
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  func makeReadOnly(_ isReadOnly: Bool) throws {
    try #require(mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0), nil) == 0)
  }

  /// Fills the whole disk.
  func fill() throws {
    let file = open("\(path)/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    let block = [UInt8](repeating: 1, count: 4096)
    while Glibc.write(file, block, block.count) > 0 {}
  }

  func makeRoom() { unlink("\(path)/ballast") }
}
