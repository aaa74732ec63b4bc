// --config: the service file, and the errors of reading it.

import ArgumentParser
import Glibc
import Linux
import ServiceFile

struct FileOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The service file. (default: ./stoker.yaml, else /etc/stoker/stoker.yaml)", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String?

  /// The file's name as the user wrote it, or the usual one.
  var name: String {
    config ?? UsualFile().present
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

  /// Reads the service file for a supervisor: without root, a setting that needs root is an error; as root, a file that everybody may write.
  func loadToRun(under policy: FilePolicy, otherwise consequence: String) throws(Failure) -> ServiceFile {
    do {
      return try reader(under: policy)()
    } catch {
      throw Failure(error, in: name, consequence: consequence)
    }
  }

  /// A function that reads the file that has this path now, wherever the working directory will be.
  func reader(under policy: FilePolicy) throws(ServiceFileError) -> @Sendable () throws(ServiceFileError) -> ServiceFile {
    let path = try ServiceFile.anchored(name)
    return { [name] () throws(ServiceFileError) in try ServiceFile.loadToRun(path, shown: name, under: policy) }
  }
}

/// The service files that are taken where no option names one.
struct UsualFile {
  var local = "./stoker.yaml"
  var machine = "/etc/stoker/stoker.yaml"

  /// The first that is there, else the local one.
  var present: String {
    !Self.exists(local) && Self.exists(machine) ? machine : local
  }

  /// Whether a name is taken, be it by a file that cannot be read.
  static func exists(_ path: String) -> Bool {
    FileFacts.of(path) != nil || ![ENOENT, ENOTDIR].contains(errno)
  }
}

/// --trust-files, for the verbs that read a service file to run it.
struct TrustOptions: ParsableArguments {
  @Flag(help: "As root, use files and folders that everybody may write, too.")
  var trustFiles = false

  var policy: FilePolicy { FilePolicy(trustsFiles: trustFiles) }
}

extension ServiceFile {
  /// Reads a file that this process is to supervise.
  static func loadToRun(_ path: String, shown: String, under policy: FilePolicy) throws(ServiceFileError) -> ServiceFile {
    let file = try load(path, shown: shown, environment: Environment.all)
    let problems = file.problems(runningAs: .current()) + file.trust(under: policy, stateDirectory: nil).refusals
    guard problems.isEmpty else { throw ServiceFileError(diagnostics: problems) }
    return file
  }

  /// The state directory: one rule for `run` and for the verbs that look for its socket there.
  func stateDirectory() throws(Failure) -> String {
    do {
      return try stateDirectory(environment: Environment.all, isRoot: geteuid() == 0)
    } catch {
      throw Failure(.noStateDirectory, "\(error)")
    }
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
