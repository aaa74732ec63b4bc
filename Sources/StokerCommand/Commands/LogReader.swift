// The output of `stoker logs`.

import Stoker

/// Prints the lines of services, and follows them.
struct LogReader: Sendable {
  let connection: Connection
  /// The selected lines.
  let lines: LogOptions
  let follows: Bool
  /// Control characters are printed as they are, on a terminal too.
  let isRaw: Bool

  /// Prints the lines of these services, or of all that have a process, and ends this process.
  func run(names: [String]?) -> Never {
    MainThread.run {
      guard let names else { return try await print(try await servicesWithProcess()) }
      if names.count > 1 {
        // Nothing is printed of the known ones before an unknown one is refused.
        try await print(try await ServiceSelection(connection).services(names))
      } else {
        try await ServiceSelection.with(names, connection) { try await print($0) }
      }
    }
  }

  private func print(_ services: [String]) async throws {
    if let since = lines.beginning { try await note(on: services, since) }
    let printer = LinePrinter(services, isLabelled: services.count > 1, isRaw: isRaw)
    if follows {
      try await follow(services, printer)
    } else {
      for name in services { printer.take(try await connection.get(path(of: name)), of: name) }
    }
    printer.end()
  }

  private func path(of name: String) -> String { Connection.path("service", name, "/logs\(lines.query(follows: follows))") }

  /// Follows all of them at once, until the first error or until Stoker ends.
  private func follow(_ services: [String], _ printer: LinePrinter) async throws {
    try await withThrowingTaskGroup { group in
      for name in services {
        group.addTask { try await connection.follow(path(of: name)) { printer.take($0, of: name) } }
      }
      // The first error ends all of them.
      while try await group.next() != nil {}
    }
  }

  private func servicesWithProcess() async throws -> [String] {
    let services = try await connection.json("/api/orchestration/services")["services"]?.members ?? []
    return services.filter { $0.value["kind"]?.string != "external" }.map(\.name)
  }

  /// Reports the services whose lines in memory do not reach back so far.
  private func note(on services: [String], _ since: Timestamp) async throws {
    for name in services {
      let service = try await connection.json(Connection.path("service", name))
      if let note = MemoryNote.text(of: service, since: since, now: Timestamp.now.seconds) { Console.report(note) }
    }
  }
}
