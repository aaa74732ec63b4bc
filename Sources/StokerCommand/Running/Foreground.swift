// A supervisor in this process, from its signals to its exit code: `run` and `demo`.

import Glibc
import Linux
import Logging
import Orchestration
import Processes
import ServiceFile
import ServiceLogs
import Stoker
import Synchronization

/// One supervisor, the signals that end it, and its log.
final class Foreground: Sendable {
  typealias Preflight = @Sendable (_ addresses: [String], _ adopted: Set<String>) -> Failure?

  private let file: ServiceFile
  /// Whether it can be read again; the demo's cannot.
  private let hasFile: Bool
  private let supervisor: Supervisor
  private let logger: Logger
  private let lines: LogLines
  /// The live table below the log; nil without a terminal, and with --plain.
  private let footer: LiveFooter?
  /// The output of the services, if it was asked for.
  private let output: OutputFollower?
  /// The service manager that started us, such as systemd.
  private let manager: ServiceManager?
  /// The time at which the full stop began, or was requested.
  private let stopBegan = Mutex<SuspendingClock.Instant?>(nil)
  /// Called when the full stop begins without a signal.
  private let stopBegins: Announcement

  private final class Announcement: Sendable {
    let call = Mutex<(@Sendable () -> Void)?>(nil)
  }

  /// Supervises the services of `file` until a signal ends it, and ends the process with the exit code of the full stop.
  /// - Parameters:
  ///   - file: The service file.
  ///   - label: The file's name in the log.
  ///   - shown: The live table, and the output of the services.
  ///   - trustsFiles: --trust-files.
  ///   - read: Reads the file again, for a reload; nil without a file.
  ///   - preflight: Called with the addresses once they are bound, and the names of adopted services, before the first service starts; after
  ///     a failure none starts.
  static func supervise(
    _ file: ServiceFile, label: String, _ shown: ForegroundOptions, trustsFiles: Bool = false,
    read: (@Sendable () throws -> ServiceFile)? = nil,
    preflight: @escaping Preflight = { _, _ in nil }
  ) throws -> Never {
    ProcessSelf.boundHeaps()
    let terminal = ControllingTerminal.take()
    let signals = Signals.block()
    let (made, bell) = (Box(), Bell())
    // On a thread of its own: a disk that hangs in the start must not hold up a signal.
    _ = try NativeThread("stoker-start", isDetached: true) {
      do {
        let foreground = try Foreground(file, shown, trustsFiles, read)
        foreground.logger.info(
          "stoker \(Build.version) supervises \(Phrase.count(file.services.count, "service")) of \(label) (pid \(getpid()))")
        foreground.warn(trustsFiles)
        foreground.tellChoice()
        foreground.stopBegins.call.withLock { $0 = { [weak foreground] in foreground?.noteStop() } }
        made.foreground.withLock { $0 = foreground }
        bell.ring()
        Task { await foreground.run(preflight) }
      } catch {
        MainThread.end(with: error)
      }
    }
    var stops = StopSignals()
    while true {
      guard let (name, request) = signals.next(until: stops.deadline) else {
        stops.nonePending(at: .now)
        continue
      }
      let now = SuspendingClock.now
      // In most starts it is there in a moment; then the stop is one in order. An ignored signal delays no stop.
      if request != .nothing, made.foreground.withLock({ $0 == nil }) { bell.wait(until: now + patience) }
      let foreground = made.foreground.withLock { $0 }
      switch request {
      case .stop:
        guard let foreground else {
          MainThread.end(with: Failure(.failure, "\(name) while the start was held up: no service was started or stopped"))
        }
        foreground.stop(name, stops.take(at: now))
      case .reload where terminal?.hasHungUp == true:
        guard let foreground else {
          MainThread.end(with: Failure(.failure, "the terminal hung up while the start was held up: no service was started or stopped"))
        }
        foreground.hangUp(name)
      case .reload: foreground?.reload(name)
      case .nothing: foreground?.logger.warning("\(name) ignored: Stoker has no use for it", metadata: LogCause.metadata("ignored", name))
      }
    }
  }

  /// The time that a stop gives to a start.
  private static let patience = Duration.seconds(2)

  private final class Box: Sendable {
    let foreground = Mutex<Foreground?>(nil)
  }

  /// Names the files that others can change.
  private func warn(_ trustsFiles: Bool) {
    if trustsFiles { logger.warning("--trust-files: files and folders that everybody may write are used as well") }
    let directory = supervisor.stateDirectory
    for warning in file.trust(under: FilePolicy(trustsFiles: trustsFiles), stateDirectory: directory).warnings {
      logger.warning("\(warning)")
    }
  }

  /// Names the services that the command line chose.
  private func tellChoice() {
    guard let choice = file.choice else { return }
    let names = file.services.map(\.spec.name).filter(choice.wanted.contains)
    if choice.isExclusive { logger.notice("only these services are started, as the command line says: \(names.joined(separator: ", "))") }
    if let name = choice.untilCompleted { logger.notice("everything is stopped when \(name) has completed or failed") }
  }

  private init(_ file: ServiceFile, _ shown: ForegroundOptions, _ trustsFiles: Bool, _ read: (@Sendable () throws -> ServiceFile)?) throws {
    self.file = file
    hasFile = read != nil
    let stopBegins = Announcement()
    self.stopBegins = stopBegins
    // Before a service starts: the manager's variables are not for the services.
    manager = ServiceManager.take()
    let section = file.supervisor.log
    let format: LogFormat = section.format == .json ? .json : isatty(STDERR_FILENO) == 1 ? .terminal : .text
    let canDraw = format == .terminal && Environment.value("TERM") != "dumb" && Screen.size(of: STDERR_FILENO) != nil
    footer = canDraw && !shown.plain ? LiveFooter(descriptor: STDERR_FILENO) : nil
    let writer = try LogWriter(descriptor: STDERR_FILENO, footer: footer) {
      format.line(.warning, "\(Phrase.count($0, "log line")) dropped, since the reader of the log was too slow", [], at: .now)
    }
    let lines = LogLines(format, writer: writer)
    self.lines = lines
    let level = SharedLevel(Logger.Level(section.level))
    logger = Logger(label: "stoker") { _ in LineLogHandler(lines, level: level) }
    do {
      var configuration = SupervisorConfiguration(file: file, stateDirectory: try file.stateDirectory(), read: read)
      configuration.ownsProcess = true
      configuration.trustsFiles = trustsFiles
      configuration.didBeginStop = { _ in stopBegins.call.withLock { $0 }?() }
      let (reloads, reload) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      configuration.didReload = {
        level.level = Logger.Level($0.supervisor.log.level)
        reload.yield()
      }
      configuration.descriptorLimit = try DescriptorLimit.raise()
      try ProcessTable.becomeSubreaper()
      supervisor = try Supervisor(configuration, logger: logger)
      output = shown.output ? try OutputFollower(supervisor, log: writer, reloads: reloads) : nil
    } catch {
      lines.close()
      throw Failure(starting: error, hasFile: hasFile)
    }
  }

  private func run(_ preflight: @escaping Preflight) async {
    manager?.feedWatchdog { [supervisor] in await supervisor.answer() }
    do {
      let objection = Mutex<Failure?>(nil)
      let report = try await supervisor.run { [self] addresses, adopted in
        for address in addresses { logger.info("listening on \(address)") }
        if file.supervisor.isControlRootsDefault {
          logger.notice(
            "stoker.control is socket, the default for root: changes and the output of services only through the Unix socket; to open them on loopback, set stoker.control: loopback"
          )
        }
        guard let failure = preflight(addresses, adopted) else {
          output?.begin()
          showTable(.starting)
          if stopBegan.withLock({ $0 == nil }) { manager?.ready("supervising \(Phrase.count(file.services.count, "service"))") }
          return
        }
        objection.withLock { $0 = failure }
        supervisor.stop(by: .program)
      }
      if let failure = objection.withLock({ $0 }) { throw failure }
      let end = SuspendingClock().now
      await output?.end()
      footer?.end()
      let summary = StopSummary(report, names: supervisor.serviceNames)
      let time = stopBegan.withLock { $0 }.map { end - $0 } ?? .zero
      logger.log(level: summary.isClean ? .info : .warning, "\(summary.sentence(after: time))")
      lines.close()
      exit(summary.exitCode)
    } catch {
      await output?.end()
      lines.close()
      MainThread.end(with: Failure(starting: error, hasFile: hasFile))
    }
  }

  /// Shows a line for each service below the log, until the start or the stop is over.
  private func showTable(_ phase: ProgressTable.Phase) {
    guard let footer, phase == .stopping || stopBegan.withLock({ $0 == nil }) else { return }
    footer.show { [supervisor] in
      let overview = supervisor.overview()
      let size = Screen.size(of: STDERR_FILENO) ?? TerminalSize(columns: 80, rows: 24)
      return LiveFooter.Frame(
        lines: ProgressTable.lines(overview, phase, size: size), isLast: phase == .starting && overview.isStartOver)
    }
  }

  /// Carries out a stop signal (rules 25 and 81).
  private func stop(_ name: String, _ meaning: StopSignals.Meaning) {
    switch meaning {
    case .stop:
      logger.notice("\(name): stopping everything; a second signal kills at once")
      noteStop()
      supervisor.stop(by: .signal(name))
    case .same: logger.info("\(name): taken as one with the signal just before; another one kills at once")
    case .kill:
      logger.warning("\(name) again: killing what is left")
      supervisor.killAll(by: .signal(name))
    }
  }

  /// Notes once that the full stop begins.
  private func noteStop() {
    let isFirst = stopBegan.withLock { began in
      defer { began = began ?? .now }
      return began == nil
    }
    guard isFirst else { return }
    manager?.stopping()
    showTable(.stopping)
  }

  /// Stops everything, as the terminal in which Stoker was started is gone (rule 81). It counts for no second signal: a shell passes on the
  /// SIGHUP that the kernel sends as well.
  private func hangUp(_ name: String) {
    guard stopBegan.withLock({ $0 == nil }) else { return }
    logger.notice("\(name): the terminal hung up: stopping everything")
    noteStop()
    supervisor.stop(by: .signal("\(name), as the terminal hung up"))
  }

  /// Reads the service file again (rule 25).
  private func reload(_ name: String) {
    logger.notice("\(name): reading the service file again")
    manager?.reloading()
    Task { [supervisor, manager] in
      await supervisor.reload(by: .signal(name))
      manager?.ready("the service file was read")
    }
  }
}

extension Logger.Level {
  /// The same level as the service file calls it.
  fileprivate init(_ level: LogSection.Level) {
    self = Logger.Level(rawValue: level.rawValue) ?? .info
  }
}
