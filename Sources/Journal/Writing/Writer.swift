// The work of the journal's thread, the only one that touches the database.

/// The loop of the journal's thread, until a request closes the journal. It belongs to that thread.
final class Writer {
  private let path: String
  private let inbox: Inbox
  private let settings: Settings
  private let schema: Schema
  private let report: @Sendable (JournalNotice) -> Void
  /// The mark of this life of Stoker in the database.
  private let token = Int64.random(in: 1 ... .max)
  private var file: JournalFile?
  /// The moment before which the disk is not tried again.
  private var pausedUntil: SuspendingClock.Instant?
  private var pause: Duration
  private var isFailing = false
  /// The state that was read from a database that could not be opened for writing.
  private var peeked: StoredState?

  init(
    path: String, inbox: Inbox, settings: Settings, schema: Schema, report: @escaping @Sendable (JournalNotice) -> Void
  ) {
    self.path = path
    self.inbox = inbox
    self.settings = settings
    self.schema = schema
    self.report = report
    pause = settings.firstPause
  }

  func run() {
    open()
    // A damaged database has been set aside.
    if file == nil, !isFailing { open() }
    if file == nil { peeked = inbox.busy { JournalFile.peek(path, settings: settings, schema: schema) } }
    while true {
      let work = inbox.work(after: pausedUntil)
      for request in work.requests {
        switch request {
        case .load(let answer): answer.give(load())
        case .history(let service, let limit, let answer): answer.give(history(of: service, limit: limit))
        case .flush(let answer):
          writeAll()
          answer.give(inbox.isEmpty)
        case .close(let inOrder, let answer):
          let isMarked = close(inOrder: inOrder)
          for request in inbox.end() { request.refuse(inbox) }
          answer.give(isMarked)
          return
        }
      }
      guard work.isDue else { continue }
      if let batch = inbox.nextBatch() { _ = write(batch) } else { tryAgain() }
    }
  }

  // MARK: Writing

  private func writeAll() {
    while let batch = inbox.nextBatch() {
      guard write(batch) else { return }
    }
  }

  /// Writes a batch. Returns whether it is on the disk.
  private func write(_ batch: Batch) -> Bool {
    let isWritten = change { file throws(JournalError) in try file.write(batch) }
    if isWritten { inbox.written() }
    return isWritten
  }

  /// Tries a disk that has failed, without waiting records: a quiet Stoker must notice too when the disk works again.
  private func tryAgain() {
    _ = change { file throws(JournalError) in
      guard file.isInPlace else { throw .gone(path: path) }
      try file.begin()
    }
  }

  private func close(inOrder: Bool) -> Bool {
    writeAll()
    let isMarked = inOrder && inbox.isEmpty && change { file throws(JournalError) in try file.markEnd() }
    inbox.busy { file = nil }
    return isMarked
  }

  // MARK: Reading

  private func load() -> StoredState {
    defer { peeked = nil }
    var loaded = peeked ?? StoredState()
    read { file throws(DatabaseError) in loaded = try file.load() }
    return loaded
  }

  private func history(of service: String, limit: Int) -> [RunEntry] {
    var entries: [RunEntry] = []
    read { file throws(DatabaseError) in entries = try file.history(of: service, limit: limit) }
    return inbox.history(of: service, limit: limit, onDisk: entries)
  }

  /// Reads, if the database is open. A read does not open it, and a successful read does not prove that it can be
  /// written.
  private func read(_ body: (JournalFile) throws(DatabaseError) -> Void) {
    guard let file else { return }
    inbox.busy {
      do throws(JournalError) {
        try file.named { () throws(DatabaseError) in try body(file) }
      } catch {
        failed(error)
      }
    }
  }

  // MARK: The file

  /// Changes the database, which is opened if it is not. Whether that succeeded.
  private func change(_ body: (JournalFile) throws(JournalError) -> Void) -> Bool {
    inbox.busy {
      if file == nil { open() }
      guard let file else { return false }
      do throws(JournalError) {
        try body(file)
        succeeded(file)
        return true
      } catch {
        failed(error)
        return false
      }
    }
  }

  private func open() {
    inbox.busy {
      do throws(JournalError) {
        let opened = try JournalFile.open(path, token: token, settings: settings, schema: schema)
        // A database that cannot be written, because the disk is full, can still be read.
        file = opened
        try opened.begin()
        succeeded(opened)
      } catch {
        failed(error)
      }
    }
  }

  private func succeeded(_ file: JournalFile) {
    pausedUntil = nil
    pause = settings.firstPause
    let bytes = file.bytes
    inbox.setStatus {
      $0.isUsable = true
      $0.problem = nil
      $0.bytes = bytes
    }
    if isFailing { report(.recovered) }
    isFailing = false
  }

  private func failed(_ error: JournalError) {
    pausedUntil = .now + pause
    pause = min(pause * 2, settings.longestPause)
    if !error.leavesConnectionUsable {
      file?.connection.leaveLog()
      file = nil
    }
    guard !error.isDamage else { return setAside(error) }
    fail(error)
  }

  private func setAside(_ damage: JournalError) {
    do {
      let target = try JournalFile.setAside(path)
      inbox.setStatus { $0.errors += 1 }
      report(.setAside(path: target, why: damage.description))
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: JournalError) {
    let bytes = file?.bytes
    inbox.setStatus {
      $0.bytes = bytes
      $0.errors += 1
      $0.isUsable = false
      $0.problem = error.description
    }
    if !isFailing { report(.failing(error.description)) }
    isFailing = true
  }
}
