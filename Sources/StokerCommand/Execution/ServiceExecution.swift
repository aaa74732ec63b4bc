// A command in the place of this process, with the properties of a service's process (rule 91).

import Glibc
import Orchestration
import Processes
import ServiceFile
import Stoker

/// The service whose properties a command gets.
struct ServiceExecution {
  let file: FileOptions
  let policy: FilePolicy
  let name: String

  private static let consequence = "nothing was executed"

  /// Becomes the command.
  func execute(_ command: [String]) throws(Failure) -> Never {
    let (plan, definition) = try service()
    var request = try request(command, for: definition, in: plan)
    request.rawArguments = Environment.lastArguments(command.count)
    if Console.isTerminal(STDERR_FILENO), let note = Self.note(on: definition.setup.limits) { Console.report("note: \(note)") }
    do {
      try ProgramReplacement.execute(request)
    } catch {
      throw Failure(executing: error)
    }
  }

  /// The service in its file, looked at as `run` does, but for what concerns other services alone.
  private func service() throws(Failure) -> (ServiceFile, ServiceDefinition) {
    let plan = try file.load(otherwise: Self.consequence)
    guard let definition = plan.services.first(where: { $0.spec.name == name }) else {
      let hint = Spelling.hint(for: name, among: plan.services.map(\.spec.name))
      throw Failure(.usage, "there is no service '\(TerminalText.line(name))' in \(file.name)\(hint)")
    }
    guard definition.command != nil else {
      throw Failure(.usage, "service '\(name)' is external: it has no process, so there is nothing that a command could have of it")
    }
    var own = plan
    own.services = [definition]
    let refusals = own.trust(under: policy, stateDirectory: nil).refusals
    guard refusals.isEmpty else { throw Failure(ServiceFileError(diagnostics: refusals), in: file.name, consequence: Self.consequence) }
    guard own.problems(runningAs: .current()).isEmpty else { throw Failure(.notExecutable, Self.refusal(of: definition)) }
    return (plan, definition)
  }

  private static func refusal(of definition: ServiceDefinition) -> String {
    let accounts = [("user", definition.setup.user), ("group", definition.setup.group)]
      .compactMap { key, value in value.map { "the \(key) '\($0)'" } }
    return
      "service '\(definition.spec.name)' has \(accounts.joined(separator: " and ")), and only root can run a command as another: you are "
      + "\(Identity.current().user); \(consequence)"
  }

  private func request(_ command: [String], for definition: ServiceDefinition, in plan: ServiceFile) throws(Failure) -> SpawnRequest {
    // The start of the service waits for the writer of a pipe, and takes what it writes.
    if let path = definition.environmentFiles.map(\.path).first(where: EnvironmentFile.isPipe) {
      throw Failure(
        .badServiceFile,
        "the environment file \(path) of service '\(name)' is a named pipe, whose content is for the next start of the service alone; "
          + Self.consequence)
    }
    let result = MainThread.wait { [policy, inherited = Environment.entries] in
      await Result {
        try await OneOffCommand.request(command, for: definition, in: plan, inherited: inherited, policy: policy)
      }
    }
    switch result {
    case .success(let request): return request
    case .failure(let error as ServiceFileError):
      throw Failure(error, in: error.diagnostics.first?.file ?? file.name, consequence: Self.consequence)
    case .failure(let error): throw Failure(.failure, "\(error); \(Self.consequence)")
    case nil: throw Failure(.tooFewDescriptors, "there are no descriptors left; \(Self.consequence)")
    }
  }

  /// The limits that the command does not have.
  static func note(on limits: LimitsSection) -> String? {
    let keys = [
      limits.memory == nil ? nil : "limits.memory", limits.tasks == nil ? nil : "limits.tasks", limits.cpu == nil ? nil : "limits.cpu",
    ].compactMap(\.self)
    guard !keys.isEmpty else { return nil }
    return "\(Phrase.list(keys)) of the service \(keys.count == 1 ? "does" : "do") not hold for this command"
  }
}

extension Failure {
  /// A command that could not be executed, with the exit code that shells have for it.
  init(executing error: SpawnError) {
    let isMissing = (error.step == .lookup || error.step == .execute) && (error.errno == ENOENT || error.errno == ENOTDIR)
    self.init(isMissing ? .notFound : .notExecutable, "\(error)")
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
