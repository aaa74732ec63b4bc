// Changes of several services, one after the other.

import ArgumentParser
import Glibc
import Stoker

/// The services that a verb acts on.
struct ServiceChanges: Sendable {
  let names: [String]
  /// Whether the answers are printed as they are.
  let json: Bool

  /// Requests the change for each name in turn. Answers go to stdout, refusals to stderr, and a refusal does not keep the next name from its
  /// turn. On a terminal the progress is shown meanwhile.
  /// - Throws: `ExitCode` if a change was refused; `Failure` where Stoker does not answer.
  func each(_ connection: Connection, _ ask: @escaping @Sendable (String) async throws -> JSON) async throws {
    let progress = json ? nil : ChangeProgress(connection)
    var turn = Turn(connection: connection, isJSON: json, progress: progress, ask: ask)
    var isRefused = false
    func refuse(_ refusal: Failure) {
      if let answer = refusal.answer { turn.look(at: answer) }
      if json, let answer = refusal.answer { Console.print(answer) } else { Console.report(refusal.sentence) }
      isRefused = true
    }
    for word in names {
      do {
        let others = try await turn.others(word)
        for name in others {
          do { try await turn.take(name) } catch let refusal as Failure where refusal.status == .failure { refuse(refusal) }
        }
      } catch let refusal as Failure where refusal.status == .failure {
        refuse(refusal)
      }
    }
    if turn.isFileChanged, !json, !connection.warnsOfFile {
      Console.report("the service file has changed since it was read; 'stoker reload' applies it")
    }
    if isRefused { throw ExitCode(ExitStatus.failure.rawValue) }
  }

  /// The services in their turn, each once.
  private struct Turn {
    let connection: Connection
    let isJSON: Bool
    let progress: ChangeProgress?
    let ask: @Sendable (String) async throws -> JSON
    private var taken: Set<String> = []
    private var selection: ServiceSelection?
    /// Whether an answer said that the service file has changed.
    private(set) var isFileChanged = false

    init(
      connection: Connection, isJSON: Bool, progress: ChangeProgress?, ask: @escaping @Sendable (String) async throws -> JSON
    ) {
      self.connection = connection
      self.isJSON = isJSON
      self.progress = progress
      self.ask = ask
    }

    /// Has its turn with a service's name; of any other word returns the services that it stands for.
    mutating func others(_ word: String) async throws -> [String] {
      guard ServiceSelection.isName(word) else { return try await selected(word) }
      do {
        try await take(word)
        return []
      } catch let refusal as Failure where refusal.isUnknownService {
        return try await selected(word, after: refusal)
      }
    }

    /// The services that a word stands for that is no service's name.
    private mutating func selected(_ word: String, after refusal: Failure? = nil) async throws -> [String] {
      if selection == nil { selection = try await ServiceSelection(connection) }
      guard let selection else { return [] }
      let services = selection.services(word)
      if services.isEmpty { throw selection.missing(word, refusal) }
      // It was refused although it is there now.
      if let refusal, services == [word] { throw refusal }
      return services
    }

    mutating func look(at answer: JSON) { isFileChanged = isFileChanged || answer["file_changed"]?.bool == true }

    mutating func take(_ name: String) async throws {
      guard taken.insert(name).inserted else { return }
      guard let progress else {
        let answer = try await ask(name)
        look(at: answer)
        if isJSON { Console.print(answer) } else { Console.print(ServiceChanges.message(answer, name)) }
        return
      }
      let ask = ask
      let (answer, wasShown) = try await progress.show(name) { try await ask(name) }
      look(at: answer)
      // The progress line has just shown the same on this terminal.
      let isPlain = answer["message"]?.string?.hasSuffix("successfully") ?? false
      let isNews = !wasShown || isatty(STDOUT_FILENO) == 0 || !ServiceChanges.others(answer).isEmpty || !isPlain
      if isNews { Console.print(ServiceChanges.message(answer, name)) }
    }
  }

  /// The answer's own sentence, and the other services that were started or stopped.
  static func message(_ answer: JSON, _ name: String) -> String {
    TerminalText.line(answer["message"]?.string ?? "\(name): done") + others(answer)
      + (answer["remembered"]?.bool == false ? "; it is not on the disk yet, and a Stoker that is killed now forgets it" : "")
  }

  fileprivate static func others(_ answer: JSON) -> String {
    [("also_started", "also started"), ("also_stopped", "also stopped")].map { key, verb in
      let others = (answer[key]?.array ?? []).compactMap(\.string)
      return others.isEmpty ? "" : " (\(verb): \(others.joined(separator: ", ")))"
    }.joined()
  }
}
