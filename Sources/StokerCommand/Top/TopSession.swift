// The driver of `stoker top`: reads, follows events, requests changes, and draws.

import Glibc
import Orchestration
import Stoker

/// One run of the live screen.
struct TopSession: Sendable {
  private let connection: Connection
  private let sorted: Column
  private let inbox = TopInbox()
  private let isReading = AsyncFlag()
  private let isReadingDependencies = AsyncFlag()

  /// Time between two readings: processor time and memory change without events.
  private static let period = Duration.seconds(2)
  /// Shortest time between two frames.
  private static let frame = Duration.milliseconds(40)
  private static let tick = Duration.seconds(1)

  init(_ connection: Connection, sortedBy sorted: Column) {
    self.connection = connection
    self.sorted = sorted
  }

  /// Carries out a signal's request.
  func take(_ request: ScreenSignals.Request) {
    switch request {
    case .resize: if let size = Screen.size(of: STDOUT_FILENO) { inbox.post(.resize(size)) }
    case .suspend: inbox.post(.key(.control("z")))
    case .resume:
      Screen.enterAgain()
      inbox.post(.resize(Self.size))
      inbox.post(.key(.control("l")))
    }
  }

  private static var size: TerminalSize { Screen.size(of: STDOUT_FILENO) ?? TerminalSize(columns: 80, rows: 24) }

  /// Shows the screen until the user quits.
  /// - Throws: `Failure` where Stoker does not answer, before the terminal is taken over.
  func run() async throws {
    let first = try ServicesAnswer(parsing: try await connection.get("/api/orchestration/services"))
    inbox.post(.services(first))
    Screen.enter()
    try Screen.readKeys { keys in
      for key in keys { inbox.post(.key(key)) }
    } gone: {
      inbox.post(.key(.control("c")))
    }
    await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await follow() }
      group.addTask { try await readRegularly() }
      group.addTask {
        while true {
          try await Task.sleep(for: Self.tick, clock: SuspendingClock())
          inbox.post(.tick)
        }
      }
      defer { group.cancelAll() }
      await draw()
      Screen.leave()
    }
  }

  private func draw() async {
    var state = TopState(size: Self.size, now: Timestamp.now.seconds)
    state.sorted = sorted
    var painter = FramePainter(coloured: Colours.areWanted(on: STDOUT_FILENO))
    var pagerReader: Task<Void, Never>?
    defer { pagerReader?.cancel() }
    var drawnAt = SuspendingClock.now
    for await _ in inbox.wakeups {
      // A reader cannot follow a hundred changes a second: they are drawn together.
      let early = Self.frame - (SuspendingClock.now - drawnAt)
      if early > .zero { try? await Task.sleep(for: early, clock: SuspendingClock()) }
      for input in inbox.drain() {
        if case .resize = input { painter.forget() }
        for effect in state.take(input, at: Timestamp.now.seconds) {
          switch effect {
          case .quit: return
          case .suspend:
            Screen.leave()
            // The one stop signal that cannot be blocked. SIGCONT, which continues us, takes the terminal over again.
            kill(getpid(), SIGSTOP)
            painter.forget()
          case .repaint: painter.forget()
          case .readAgain:
            Task { await readServices() }
            Task { await readDependencies() }
          case .close: pagerReader?.cancel()
          case .open(let kind, let name):
            pagerReader?.cancel()
            pagerReader = Task { await read(kind, name) }
          case .perform(let command): Task { await perform(command) }
          }
        }
      }
      Screen.show(painter.paint(state.frame, size: state.size))
      drawnAt = .now
    }
  }

  // MARK: Reading.

  private func follow() async {
    while !Task.isCancelled {
      do {
        try await EventFeed(connection).follow(isPatient: true) { news in
          switch news {
          case .connected: inbox.post(.connected)
          case .event(let event, _): inbox.post(.event(event))
          case .lost(let reason): inbox.post(.lost(reason))
          }
        }
      } catch {
        // No events, or not yet: only the regular readings.
        try? await Task.sleep(for: Self.period, clock: SuspendingClock())
      }
    }
  }

  private func readRegularly() async throws {
    await readDependencies()
    while true {
      try await Task.sleep(for: Self.period, clock: SuspendingClock())
      await readServices()
    }
  }

  private func readServices() async {
    guard isReading.set() else { return }
    defer { isReading.clear() }
    do {
      inbox.post(.services(try ServicesAnswer(parsing: try await connection.get("/api/orchestration/services"))))
    } catch let failure as Failure {
      inbox.post(.lost(failure.sentence))
    } catch {
      inbox.post(.lost("\(error)"))
    }
  }

  private func readDependencies() async {
    guard isReadingDependencies.set() else { return }
    defer { isReadingDependencies.clear() }
    // Without it a confirmation names no other services, until the next reading.
    if let answer = try? await connection.json("/api/orchestration/dependencies") { inbox.post(.dependencies(DependenciesAnswer(answer))) }
  }

  private func read(_ kind: Pager.Kind, _ name: String) async {
    guard kind != .logs else { return await followLog(of: name) }
    while !Task.isCancelled {
      do {
        let text = try await text(kind, name)
        inbox.post(.text(kind, name, text))
      } catch {
        inbox.post(.text(kind, name, [StyledText(), StyledText(" \((error as? Failure)?.sentence ?? "\(error)")", .bad)]))
      }
      try? await Task.sleep(for: Self.period, clock: SuspendingClock())
    }
  }

  private func text(_ kind: Pager.Kind, _ name: String) async throws -> [StyledText] {
    let why = try await connection.json(Connection.path("service", name, "/why"))
    let width = Self.size.columns
    guard kind == .details else { return ServiceDetails.why(why, now: Timestamp.now.seconds, width: width) }
    let service = try await connection.json(Connection.path("service", name))
    let history = try? await connection.json(Connection.path("service", name, "/history?limit=8"))
    return ServiceDetails(service: service, why: why, history: history).lines(now: Timestamp.now.seconds, width: width)
  }

  private func followLog(of name: String) async {
    let splitter = LineSplitter()
    var tail = 500
    while !Task.isCancelled {
      do {
        try await connection.follow(Connection.path("service", name, "/logs?tail=\(tail)&follow=1")) { bytes in
          let (lines, incomplete) = splitter.take(bytes)
          inbox.post(.more(name, lines.map { StyledText($0) }, incomplete.map { StyledText($0) }))
        }
      } catch {
        if Task.isCancelled { return }
        inbox.post(.more(name, [StyledText("-- \((error as? Failure)?.sentence ?? "\(error)")", .warning)], nil))
        if (error as? Failure)?.status == .failure { return }
      }
      // The lines so far are shown already, and would be shown twice.
      tail = 0
      try? await Task.sleep(for: Self.tick, clock: SuspendingClock())
    }
  }

  // MARK: Changes.

  private func perform(_ command: Confirmation.Command) async {
    let start = SuspendingClock.now
    do {
      let answer = try await connection.post(Connection.path(command.verb.rawValue, command.name), command.body)
      let message = answer["message"]?.string ?? "\(command.name): done"
      inbox.post(.done("\(message) (\(Age.long(SuspendingClock.now - start)))", isGood: true))
    } catch {
      inbox.post(.done((error as? Failure)?.sentence ?? "\(error)", isGood: false))
    }
    await readServices()
  }
}
