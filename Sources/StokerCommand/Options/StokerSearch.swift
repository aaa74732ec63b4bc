// The running Stoker that a command line without an address means.

import Glibc
import Linux
import Processes
import ServiceFile

/// Finds a running Stoker by its service file, whatever the file contains now; without a file, the only one of this user.
struct StokerSearch {
  /// --config.
  let config: String?
  var running: () -> [RunningStoker] = RunningStoker.all
  var usual = UsualFile()
  var environment = Environment.all
  var isRoot = geteuid() == 0

  /// The place where a running Stoker is asked.
  struct Place: Equatable {
    /// Its service file in sentences.
    var name: String
    /// Its state directory.
    var directory: String
    /// Something that the user should know: that the file has faults, or that the Stoker uses another directory than the file says.
    var warning: String?
    /// The first fault of the file, without the name of the file.
    var fault: String?

    var socket: String { StokerSearch.socket(in: directory) }
  }

  func place() throws(Failure) -> Place {
    if let config { return try place(of: config) }
    if UsualFile.exists(usual.local) { return try place(of: usual.local) }
    let all = reachable
    // A file that is being replaced, or was removed.
    if let path = ServiceFile.absolutePath(usual.local), all.contains(where: { $0.file == path }) { return try place(of: usual.local) }
    if UsualFile.exists(usual.machine) {
      do throws(Failure) {
        return try place(of: usual.machine)
      } catch {
        // To other users the machine's Stoker is root's, and theirs is another.
        if isRoot || all.isEmpty { throw error }
      }
    }
    guard let first = all.first else {
      throw Failure(
        .unavailable,
        "no Stoker of this user is running, and there is neither \(usual.local) nor \(usual.machine); start one with 'stoker run', or name "
          + "another with --config FILE or --url" + lostAside)
    }
    guard all.count == 1 else {
      throw Failure(.usage, "\(all.count) Stokers of this user are running: \(Self.list(all)); choose one with --config FILE or --url")
    }
    return Place(name: first.file ?? first.directory, directory: first.directory)
  }

  private var reachable: [RunningStoker] { running().filter { !$0.isLost } }

  /// The Stoker of one service file.
  private func place(of name: String) throws(Failure) -> Place {
    let path = ServiceFile.absolutePath(name)
    let file: ServiceFile
    do throws(ServiceFileError) {
      file = try ServiceFile.load(name, environment: environment)
    } catch {
      return try place(of: path, name, in: error)
    }
    let directory = try file.stateDirectory()
    // Behind a socket that a killed Stoker left, nobody is, and the Stoker of another file may have the directory now.
    let fault = UnixSocket.fault(at: Self.socket(in: directory))
    let another = another(in: directory, than: path)
    if fault == nil, another == nil { return Place(name: name, directory: directory) }
    if let other = try recorded(path, name, likely: directory) {
      let warning = "the Stoker of \(name) uses the state directory \(other.directory), not \(directory)"
      return Place(name: name, directory: other.directory, warning: other.directory == directory ? nil : warning)
    }
    if let fault { throw absence(of: name, directory, fault) }
    return Place(name: name, directory: directory, warning: another.map { "the Stoker in \(directory) was started with \($0)" })
  }

  /// The service file of the Stoker in a state directory, if it is another one.
  private func another(in directory: String, than path: String?) -> String? {
    guard let path, let file = reachable.first(where: { $0.directory == directory })?.file else { return nil }
    return Self.isSame(file, path) ? nil : file
  }

  /// The Stoker of a service file with faults.
  private func place(of path: String?, _ name: String, in error: ServiceFileError) throws(Failure) -> Place {
    let directory = path.flatMap { ServiceFile.likelyStateDirectory(of: $0, environment: environment, isRoot: isRoot) }
    if let found = try recorded(path, name, likely: directory) {
      let warning = Self.warning(error, "the Stoker that was started with this file runs on and is asked")
      let fault = error.diagnostics.first.map { String($0.description.dropFirst($0.file.count)) }
      return Place(name: name, directory: found.directory, warning: warning, fault: fault)
    }
    if let directory, UnixSocket.fault(at: Self.socket(in: directory)) == nil {
      let origin = another(in: directory, than: path).map { ", which was started with \($0)," } ?? ""
      return Place(name: name, directory: directory, warning: Self.warning(error, "the Stoker in \(directory)\(origin) is asked"))
    }
    if let directory, let lost = lost(directory) { throw lost }
    throw Failure(error, in: name, consequence: "no Stoker that was started with it is running; --url reaches any other" + lostAside)
  }

  /// The Stoker that was started with this file, though its state directory may not be where the file says now.
  private func recorded(_ path: String?, _ name: String, likely directory: String?) throws(Failure) -> RunningStoker? {
    guard let path else { return nil }
    let found = reachable.filter { $0.file.map { Self.isSame($0, path) } ?? false }
    if let exact = found.first(where: { $0.directory == directory }) { return exact }
    guard found.count <= 1 else {
      let sockets = found.map { "unix:\(Self.socket(in: $0.directory))" }.joined(separator: ", ")
      throw Failure(.usage, "\(found.count) Stokers that were started with \(name) are running; choose one with --url: \(sockets)")
    }
    return found.first
  }

  private func absence(of name: String, _ directory: String, _ fault: SystemError) -> Failure {
    if let lost = lost(directory) { return lost }
    let path = Self.socket(in: directory)
    let reason =
      switch fault.errno {
      case ENOENT, ENOTDIR: "no socket at \(path)"
      case EACCES: "\(path) is another user's"
      default: "no answer at \(path): \(fault)"
      }
    return Failure(.unavailable, "no Stoker is running for \(name) (\(reason)); \(remedy)" + lostAside)
  }

  /// The advice where no Stoker answers.
  var remedy: String { "start it with 'stoker run\(config.map { " --config \($0)" } ?? "")', or name another with --url" }

  /// The failure of a Stoker that runs without its state directory (rule 64).
  private func lost(_ directory: String) -> Failure? {
    guard let stoker = running().first(where: { $0.isLost && $0.directory == directory }) else { return nil }
    return Failure(
      .unavailable,
      "a Stoker (pid \(stoker.pid)) is running, but its state directory \(directory) is gone, and the control socket with it; put it back, "
        + "or stop that Stoker with SIGTERM; an address of its stoker.listen still answers with --url")
  }

  /// The Stokers that may be meant, though nobody can tell: without its state directory a Stoker has no record of its file.
  private var lostAside: String {
    running().filter(\.isLost).map {
      "; a Stoker (pid \($0.pid)) is running whose state directory \($0.directory) is gone, and the control socket with it"
    }.joined()
  }

  private static func warning(_ error: ServiceFileError, _ consequence: String) -> String? {
    guard let first = error.diagnostics.first else { return nil }
    let others = error.diagnostics.count - 1
    let more = others > 0 ? " (and \(Phrase.count(others, "more error")))" : ""
    return "\(first.description)\(more); \(consequence)"
  }

  private static func list(_ stokers: [RunningStoker]) -> String {
    stokers.map { "\($0.file ?? $0.directory) (pid \($0.pid))" }.joined(separator: ", ")
  }

  private static func socket(in directory: String) -> String { "\(directory)/stoker.sock" }

  /// Whether two paths lead to one file, which may be gone.
  private static func isSame(_ path: String, _ other: String) -> Bool {
    path == other || real(path).map { $0 == real(other) } ?? false
  }

  private static func real(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
