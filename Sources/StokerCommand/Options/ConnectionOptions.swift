// The choice of a running Stoker: --url, STOKER_URL, or the one of the service file.

import ArgumentParser
import Glibc
import ServiceFile
import Stoker

struct ConnectionOptions: ParsableArguments {
  @OptionGroup var file: FileOptions

  @Option(
    help: ArgumentHelp(
      "Where Stoker listens: http://HOST:PORT or unix:/PATH. Default: the Stoker of the service file; without --config, STOKER_URL first.",
      valueName: "url"))
  var url: String?

  /// The options as they were given, for the commands in our advice.
  var repeated: String {
    url.map { " --url \($0)" } ?? file.config.map { " --config \($0)" } ?? ""
  }

  /// The connection to the chosen Stoker. Fails at once where its socket does not exist.
  func connection() throws -> Connection {
    // An option overrides the environment.
    if let address = url ?? (file.config == nil ? Environment.value("STOKER_URL") : nil) {
      return try Connection(to: address, absence: "no Stoker answers at \(address)")
    }
    let path = try file.load(otherwise: "a running Stoker can still be reached with --url").stateDirectory() + "/stoker.sock"
    let absence = "no Stoker is running for \(file.name)"
    let remedy = "start it with 'stoker run\(file.config.map { " --config \($0)" } ?? "")', or name another with --url"
    guard access(path, F_OK) == 0 else {
      let reason = errno == EACCES ? "\(path) is another user's" : "no socket at \(path)"
      throw Failure(.unavailable, "\(absence) (\(reason)); \(remedy)")
    }
    return try Connection(to: "unix:\(path)", absence: "\(absence) (no answer at \(path))", remedy: remedy)
  }
}
