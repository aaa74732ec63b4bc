// The output of services on our own standard output, while we supervise them (run --output).

import Glibc
import Linux
import ServiceLogs
import Stoker
import Synchronization

/// Prints the lines of all services as they come, each with its service's name. They are read from memory: a reader that is slower than
/// the services holds none of them up, and sees how many lines it has missed (rule 88).
final class OutputFollower: Sendable {
  private struct State {
    var labels = ServiceLabels([], isColoured: false)
    var tasks: [String: Task<Void, Never>] = [:]
  }

  private let supervisor: Supervisor
  private let writer: LogWriter
  /// Whether the writer is that of Stoker's own log, since both go to one terminal or pipe.
  private let isShared: Bool
  /// The form of text for a terminal; nil: the bytes as they are.
  private let form: TerminalText.Form?
  private let state = Mutex(State())
  private let reloads: AsyncStream<Void>

  /// The time that a slow reader has at the end.
  private static let readersTime = Duration.seconds(2)
  private static let stdout = "/dev/stdout"

  /// - Parameters:
  ///   - log: The writer of Stoker's own log, on stderr.
  ///   - reloads: An element for each service file that is put in place.
  init(_ supervisor: Supervisor, log: LogWriter, reloads: AsyncStream<Void>) throws(Failure) {
    self.supervisor = supervisor
    self.reloads = reloads
    let output = StreamIdentity.of(path: Self.stdout)
    isShared = output != nil && output == StreamIdentity.of(path: "/dev/stderr")
    writer =
      isShared
      ? log : try LogWriter(descriptor: STDOUT_FILENO) { Array("[\(Phrase.count($0, "piece")) of output dropped]\n".utf8) }
    let isColoured = Colours.areWanted(on: STDOUT_FILENO)
    form = Console.isTerminal(STDOUT_FILENO) ? isColoured ? .coloured : .plain : nil
  }

  /// Follows all services, and those that a reload brings.
  func begin() {
    follow()
    Task {
      for await _ in reloads {
        // The file is in place once the loop answers.
        await supervisor.answer()
        follow()
      }
    }
  }

  /// Waits until the last lines are written, after the end of all services.
  func end() async {
    let tasks = state.withLock { Array($0.tasks.values) }
    let hurry = Task { [writer] in
      try await Task.sleep(for: Self.readersTime, clock: SuspendingClock())
      writer.hurry()
    }
    for task in tasks { await task.value }
    hurry.cancel()
    if !isShared { writer.close() }
  }

  /// Follows the services that have no follower. Those whose log is this output stand there already.
  private func follow() {
    let output = StreamIdentity.of(path: Self.stdout)
    let services = supervisor.outputs.filter { $0.path.flatMap { StreamIdentity.of(path: $0) } != output || output == nil }
    state.withLock { state in
      state.labels = ServiceLabels(services.map(\.name), isColoured: form == .coloured)
      for service in services where state.tasks[service.name] == nil {
        state.tasks[service.name] = Task { await self.follow(service.name, service.log) }
      }
    }
  }

  private func follow(_ name: String, _ first: ServiceLog) async {
    var (log, position) = (first, UInt64(0))
    while true {
      // Read first, so that the last lines are not missed.
      let isOver = log.isOver
      let news = log.lines(after: position, limit: 1000)
      position = news.next
      if news.skipped > 0 || !news.lines.isEmpty {
        guard await writer.writeWaiting(text(news.lines, skipped: news.skipped, of: name)) else { return }
      } else if !isOver {
        await log.waitForLines(after: position)
      } else if let next = successor(of: log, name) {
        (log, position) = (next, 0)
      } else {
        return
      }
    }
  }

  /// The log that a reload has put in the place of this one; nil if the service is gone, and its follower with it.
  private func successor(of log: ServiceLog, _ name: String) -> ServiceLog? {
    let next = supervisor.outputs.first { $0.name == name }?.log
    if let next, next !== log { return next }
    state.withLock { $0.tasks[name] = nil }
    return nil
  }

  private func text(_ lines: [LogLine], skipped: UInt64, of name: String) -> [UInt8] {
    let label = state.withLock { $0.labels[name] } ?? "\(name) | "
    var text: [UInt8] = []
    func add(_ line: String) {
      text += label.utf8
      text += form.map { TerminalText.shown("\(line)\n".utf8, $0) } ?? Array("\(line)\n".utf8)
    }
    if skipped > 0 { add("[\(Phrase.count(Int(clamping: skipped), "line")) written faster than they were shown]") }
    // A direct log may begin with lines of runs before this Stoker.
    for line in lines where line.run > 0 { add(line.text) }
    return text
  }
}
