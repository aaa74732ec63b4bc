// The report of `stoker status NAME…`.

import ArgumentParser
import Stoker

/// Some services in detail, one after the other.
struct StatusOfServices: Sendable {
  let names: [String]
  /// Whether the answers are printed as they are.
  let isJSON: Bool

  /// Prints the answer for each service, and ends the process. A refusal goes to stderr and does not keep the next name from its turn.
  func run(_ connection: Connection) -> Never {
    MainThread.run {
      var (isRefused, isFirst) = (false, true)
      for word in names {
        do {
          try await ServiceSelection.with([word], connection) { services in
            for service in services {
              try await print(service, connection, isFirst: isFirst)
              isFirst = false
            }
          }
        } catch let refusal as Failure where refusal.status == .failure {
          if isJSON, let answer = refusal.answer { Console.print(answer) } else { Console.report(refusal.sentence) }
          isRefused = true
        }
      }
      if isRefused { throw ExitCode(ExitStatus.failure.rawValue) }
    }
  }

  private func print(_ service: String, _ connection: Connection, isFirst: Bool) async throws {
    let answer = try await connection.get(Connection.path("service", service))
    if isJSON { return Console.print(json: answer) }
    if !isFirst { Console.print("") }
    let facts = ServiceFacts(service: try Connection.parse(answer), now: Timestamp.now.seconds)
    Console.print(facts.report(width: Console.width))
  }
}
