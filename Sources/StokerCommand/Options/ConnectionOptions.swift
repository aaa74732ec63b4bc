// The choice of a running Stoker: --url, STOKER_URL, or the one of the service file.

import ArgumentParser
import Stoker

struct ConnectionOptions: ParsableArguments {
  @OptionGroup var file: FileOptions

  @Option(
    help: ArgumentHelp(
      "Where Stoker listens: http://HOST:PORT or unix:/PATH. Default: STOKER_URL, unless --config is given; then the Stoker of the service file; without a file the only one of this user.",
      valueName: "url"))
  var url: String?

  /// The options as they were given, for the commands in our advice.
  var repeated: String {
    url.map { " --url \($0)" } ?? file.config.map { " --config \($0)" } ?? ""
  }

  /// The address that names the Stoker, in place of its service file. An option overrides the environment.
  var address: String? {
    url ?? (file.config == nil ? Environment.value("STOKER_URL") : nil)
  }

  /// The connection to the chosen Stoker. Fails at once where its socket does not exist.
  /// - Parameter warns: Whether faults of the service file are reported: all but a reload go on without it, and some tell them with
  ///   Stoker's own troubles (`getTold`).
  func connection(warns: Bool = true) throws -> Connection {
    if let address {
      return try Connection(to: address, absence: "no Stoker answers at \(address)\(url == nil ? ", which is STOKER_URL" : "")")
    }
    let search = StokerSearch(config: file.config)
    let place = try search.place()
    let warning = place.warning.map { FileWarning(sentence: $0, fault: place.fault) }
    if warns { warning?.report() }
    let absence = "no Stoker is running for \(place.name) (no answer at \(place.socket))"
    return try Connection(to: "unix:\(place.socket)", absence: absence, remedy: search.remedy, warning: warning)
  }
}
