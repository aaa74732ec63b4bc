// A collector for one test, and services that say things.

import Glibc
import Linux
import Processes
import ServiceLogs
import Synchronization
import Testing

/// A collector with a folder for its files.
final class LogRig: Sendable {
  let folder: Folder
  let collector: LogCollector
  private let told = TroubleRecorder()
  var path: String { "\(folder.path)/logs/dao.log" }
  var troubles: [LogTrouble] { told.troubles.withLock { $0 } }

  /// - Parameter pipes: the folder of its FIFOs, below its own.
  init(folder: Folder? = nil, pipes: String? = nil) throws {
    let folder = try folder ?? Folder()
    self.folder = folder
    let told = told
    collector = try LogCollector(directory: pipes.map { "\(folder.path)/\($0)" }) { trouble in told.troubles.withLock { $0.append(trouble) }
    }
  }

  deinit { collector.shutdown() }

  /// Ends the collector when all is done that it has begun.
  func end() async throws {
    let collector = collector
    try await onThread { collector.shutdown(within: .seconds(60)) }
  }

  func open(
    mode: LogPolicy.Mode = .pipe, maxSize: UInt64 = 1 << 30, maxFiles: Int = 5, timestamps: Bool = false, memoryLines: Int = 1000,
    path: String?? = nil, name: String? = nil
  ) throws -> ServiceLog {
    try collector.open(
      LogPolicy(
        path: path ?? self.path, mode: mode, maxSize: maxSize, maxFiles: maxFiles, timestamps: timestamps, memoryLines: memoryLines),
      name: name)
  }

  /// The log's file and all that were put aside, oldest first, unpacked.
  func everything() throws -> String { try everything(in: "\(folder.path)/logs", of: "dao.log") }

  func everything(in folder: String, of name: String) throws -> String {
    func place(_ name: String) -> Int { Int(name.split(separator: ".")[2]) ?? 0 }
    let old = names(in: folder).filter { $0.hasPrefix("\(name).") }.sorted { place($0) > place($1) }
    let present = names(in: folder).filter { $0 == name }
    guard !(old + present).isEmpty else { return "" }
    // What is not packed goes through as it is.
    let pipe = try #require(popen("cd '\(folder)' && gzip -dcf \((old + present).joined(separator: " "))", "re"))
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&block, 1, block.count, pipe)
      guard count > 0 else { break }
      bytes += block[0..<count]
    }
    try #require(pclose(pipe) == 0)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ServiceLog {
  /// What a spawn would give to a child.
  func outputEnds(run: UInt64) throws -> OutputEnds {
    guard case .opening(let open) = output(run: run) else { throw LogError.closed }
    return try open()
  }

  /// Says something as a run would, and lets its output be read to the end.
  func say(_ text: String, run: UInt64 = 1, errors: String = "") async throws {
    try await say(Array(text.utf8), run: run)
    if !errors.isEmpty { try await say(Array(errors.utf8), run: run, stream: .stderr) }
  }

  func say(_ bytes: [UInt8], run: UInt64 = 1, stream: LogStream = .stdout) async throws {
    let ends = try outputEnds(run: run)
    try await onThread {
      let descriptors = try #require(ends.descriptors)
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(stream == .stdout ? descriptors.stdout : descriptors.stderr, $0.baseAddress, $0.count) }
        try #require(count > 0)
        rest = rest.dropFirst(count)
      }
    }
    ends.close()
    await drained(run)
  }

  func drained(_ run: UInt64) async {
    await withCheckedContinuation { reply in release(run: run) { reply.resume() } }
  }
}

private final class TroubleRecorder: Sendable {
  let troubles = Mutex<[LogTrouble]>([])
}

/// Waits until it is so; fails the test if it is not within 30 s.
func eventually(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ isSo: () throws -> Bool,
  meanwhile: () async throws -> Void = {}
) async throws {
  let deadline = ContinuousClock.now + .seconds(120)
  while try !isSo() {
    try #require(ContinuousClock.now < deadline, "waited 120 s for \(what)", sourceLocation: sourceLocation)
    try await meanwhile()
    try await Task.sleep(for: .milliseconds(1))
  }
}

/// Writes all of it, waiting where a pipe is full. Blocks.
func writeFully(_ text: String, to descriptor: Int32) throws {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    try #require(count > 0)
    rest = rest.dropFirst(count)
  }
}

func counted(lines: UInt64, bytes: UInt64, dropped: UInt64 = 0) -> LogCounters.Stream {
  var counters = LogCounters.Stream()
  (counters.lines, counters.bytes, counters.droppedBytes) = (lines, bytes, dropped)
  return counters
}
