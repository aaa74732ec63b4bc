// --config: which service file, and what reading it tells.

import ArgumentParser
import Glibc
import ServiceFile

struct FileOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: ArgumentHelp("The service file. (default: ./stoker.yaml)", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  /// The file's name as the user gave it.
  var name: String {
    config ?? "./stoker.yaml"
  }

  /// The service file, read and found right.
  /// - Parameter consequence: What an error means for the verb, as the end of a sentence: "nothing was started".
  func load(otherwise consequence: String) throws(Failure) -> ServiceFile {
    do {
      return try ServiceFile.load(name, environment: Environment.all)
    } catch {
      throw Failure(error, in: name, consequence: consequence)
    }
  }

  /// The same for who would carry it out: what only root can do is an error for others.
  func loadToRun(otherwise consequence: String) throws(Failure) -> ServiceFile {
    do {
      return try ServiceFile.loadToRun(name)
    } catch {
      throw Failure(error, in: name, consequence: consequence)
    }
  }
}

extension ServiceFile {
  /// Reads a file that this process is to carry out.
  static func loadToRun(_ path: String) throws(ServiceFileError) -> ServiceFile {
    let file = try load(path, environment: Environment.all)
    let problems = file.problems(runningAs: .current())
    guard problems.isEmpty else { throw ServiceFileError(diagnostics: problems) }
    return file
  }

  /// Where the state of the Stoker of this file is kept: the same rule for `run` and for all that look for it.
  var stateDirectory: String {
    stateDirectory(environment: Environment.all, isRoot: geteuid() == 0)
  }
}

extension Failure {
  /// All faults of a service file, one a line and each at its place, as editors and people expect them; then what follows from it.
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
