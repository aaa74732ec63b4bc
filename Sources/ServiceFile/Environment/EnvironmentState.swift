// The environment files as they are now: a reload and `check` say before the next start what is wrong with them.
import Orchestration

/// The environment files of one service.
package struct EnvironmentState: Sendable {
  /// One file with its content, or the error that a start would have.
  package struct Reading: Sendable {
    /// The file's absolute path.
    package let path: String
    /// Its content.
    package let content: Result<EnvironmentFile.Content, ServiceFileError>
  }

  /// The service.
  package let service: ServiceDefinition
  /// Its files, in their order, without pipes.
  package let readings: [Reading]
  /// Whether these are all of its files: a pipe is not read, since that takes its content from the next start.
  package let isWhole: Bool

  /// The variables, later files after earlier ones; nil if a file cannot be used.
  package var variables: [NamedValue]? {
    let contents = readings.compactMap { try? $0.content.get() }
    return contents.count == readings.count ? contents.flatMap(\.values) : nil
  }

  /// The environment files of all services that have some beside pipes. Each file is read once.
  package static func all(of file: ServiceFile, under policy: FilePolicy) -> [EnvironmentState] {
    var read: [FileReference: Result<EnvironmentFile.Content, ServiceFileError>] = [:]
    return file.services.compactMap { service in
      let files = service.environmentFiles.filter { !EnvironmentFile.isPipe($0.path) }
      guard !files.isEmpty else { return nil }
      let readings = files.map { file in
        let content =
          read[file] ?? Result { () throws(ServiceFileError) in try EnvironmentFile.content(file, under: policy) }
        read[file] = content
        return Reading(path: file.path, content: content)
      }
      return EnvironmentState(service: service, readings: readings, isWhole: files.count == service.environmentFiles.count)
    }
  }

  /// One sentence for each file that cannot be used.
  package static func warnings(_ states: [EnvironmentState]) -> [String] {
    faults(states).map(\.sentence)
  }

  /// The same, each with the first service that has the file.
  package static func faults(_ states: [EnvironmentState]) -> [(service: String, sentence: String)] {
    var seen: Set<String> = []
    return states.flatMap { state in
      state.readings.compactMap { reading in
        guard case .failure(let error) = reading.content, let first = error.diagnostics.first, seen.insert(reading.path).inserted else {
          return nil
        }
        let others = states.count { $0.readings.contains { $0.path == reading.path } } - 1
        let faults = error.diagnostics.count - 1
        let name = state.service.spec.name
        return (
          name,
          "service '\(name)'\(others > 0 ? " (and \(others) more)" : "") cannot start until this is mended: "
            + "\(first.description)\(faults > 0 ? " (and \(faults) more in this file)" : "")"
        )
      }
    }
  }

  /// The remarks on the files that can be used, those of each file once.
  package static func remarks(_ states: [EnvironmentState]) -> [Diagnostic] {
    var seen: Set<String> = []
    return states.flatMap(\.readings).filter { seen.insert($0.path).inserted }.flatMap { (try? $0.content.get().remarks) ?? [] }
  }
}
