// --config: the service file, and the errors of reading it.

import ArgumentParser
import Glibc
import ServiceFile

struct FileOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: ArgumentHelp("The service file. (default: ./stoker.yaml)", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  /// The file's name as the user wrote it.
  var name: String {
    config ?? "./stoker.yaml"
  }

  /// Reads the service file.
  /// - Parameter consequence: The end of an error's sentence, such as "nothing was started".
  func load(otherwise consequence: String) throws(Failure) -> ServiceFile {
    do {
      return try ServiceFile.load(name, environment: Environment.all)
    } catch {
      throw Failure(error, in: name, consequence: consequence)
    }
  }

  /// Reads the service file for a supervisor: without root, a setting that needs root is an error.
  func loadToRun(otherwise consequence: String) throws(Failure) -> ServiceFile {
    do {
      return try ServiceFile.loadToRun(name)
    } catch {
      throw Failure(error, in: name, consequence: consequence)
    }
  }
}

extension ServiceFile {
  /// Reads a file that this process is to supervise.
  static func loadToRun(_ path: String) throws(ServiceFileError) -> ServiceFile {
    let file = try load(path, environment: Environment.all)
    let problems = file.problems(runningAs: .current())
    guard problems.isEmpty else { throw ServiceFileError(diagnostics: problems) }
    return file
  }

  /// The state directory: one rule for `run` and for the verbs that look for its socket there.
  var stateDirectory: String {
    stateDirectory(environment: Environment.all, isRoot: geteuid() == 0)
  }
}

extension Failure {
  /// All faults of a service file, one a line with its place, as editors expect them; then the consequence.
  init(_ error: ServiceFileError, in file: String, consequence: String) {
    let count = error.diagnostics.count
    if count == 1, let only = error.diagnostics.first, only.line == 0 {
      self.init(.badServiceFile, "\(only.description); \(consequence)")
    } else {
      self.init(.badServiceFile, "\(count == 1 ? "one error" : "\(count) errors") in \(file); \(consequence)")
      details = error.diagnostics.map(\.description)
    }
  }
}
