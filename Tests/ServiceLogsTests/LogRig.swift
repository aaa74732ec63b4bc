// A collector for one test, and output for its logs.

import Glibc
import Linux
import ServiceLogs
import Synchronization
import TestSupport
import Testing

/// A collector with a folder for its files.
final class LogRig: Sendable {
  let folder: Folder
  let collector: LogCollector
  private let told = TroubleRecorder()
  var path: String { "\(folder.path)/logs/dao.log" }
  var troubles: [LogTrouble] { told.troubles.withLock { $0 } }

  /// - Parameter pipes: the directory of its FIFOs, below its folder.
  init(folder: Folder? = nil, pipes: String? = nil, former: [String] = []) throws {
    let folder = try folder ?? Folder()
    self.folder = folder
    let told = told
    collector = try LogCollector(
      directory: pipes.map { "\(folder.path)/\($0)" }, former: former.map { "\(folder.path)/\($0)" }
    ) { trouble in told.troubles.withLock { $0.append(trouble) } }
  }

  deinit { collector.shutdown() }

  /// Ends the collector after all of its work.
  func end() async throws {
    let collector = collector
    try await onThread { collector.shutdown(within: .seconds(600)) }
  }

  func open(
    mode: LogPolicy.Mode = .pipe, maxSize: UInt64 = 1 << 30, maxFiles: Int = 5, timestamps: Bool = false, memoryLines: Int = 1000,
    path: String?? = nil, name: String? = nil, label: String = "", streams: LogPolicy.Streams = .split,
    errorFile: LogPolicy.ErrorFile? = nil, isShared: Bool = false
  ) throws -> ServiceLog {
    var policy = LogPolicy(
      path: path ?? self.path, mode: mode, maxSize: maxSize, maxFiles: maxFiles, timestamps: timestamps, memoryLines: memoryLines)
    (policy.label, policy.streams) = (Array(label.utf8), streams)
    (policy.errorFile, policy.isShared) = (errorFile, isShared)
    return try collector.open(policy, name: name)
  }

  /// The log's file and all that were put aside, oldest first, unpacked.
  func everything() throws -> String { try #require(try TestSupport.everything(in: "\(folder.path)/logs", of: "dao.log")) }
}

extension ServiceLog {
  /// The ends that a spawn would give to a child.
  func outputEnds(run: UInt64, rights: FileRights? = nil) throws -> OutputEnds {
    guard case .opening(let open) = output(run: run) else { throw LogError.closed }
    return try open(rights)
  }

  /// Writes output of a run, and waits until it is read.
  func say(_ text: String, run: UInt64 = 1, errors: String = "") async throws {
    try await say(Array(text.utf8), run: run)
    if !errors.isEmpty { try await say(Array(errors.utf8), run: run, stream: .stderr) }
  }

  func say(_ bytes: [UInt8], run: UInt64 = 1, stream: LogStream = .stdout, rights: FileRights? = nil) async throws {
    let ends = try outputEnds(run: run, rights: rights)
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

/// The reading end of a pipe, which does not wait, and its writing end as a descriptor that we were started with.
func inherited() throws -> (reader: Int32, writer: Int32, path: String) {
  var ends: [Int32] = [-1, -1]
  try system { pipe(&ends) }
  try system { fcntl(ends[0], F_SETFD, FD_CLOEXEC) }
  try system { fcntl(ends[0], F_SETFL, O_NONBLOCK) }
  return (ends[0], ends[1], "/dev/fd/\(ends[1])")
}

private final class TroubleRecorder: Sendable {
  let troubles = Mutex<[LogTrouble]>([])
}

/// Writes a whole text, and waits while the pipe is full. Blocks.
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
