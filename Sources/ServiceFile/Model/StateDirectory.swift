// The default state directory: `run` and every other verb find it by the same rule.
import Addresses
import Glibc

extension ServiceFile {
  /// `$XDG_STATE_HOME/stoker/NAME-HASH`, else `~/.local/state/stoker/NAME-HASH`, and as root `/var/lib/stoker/NAME-HASH`.
  /// `path` is the service file's, absolute; HASH is the 32-bit FNV-1a of it in hexadecimal digits.
  package static func defaultStateDirectory(name: String, path: String, environment: [String: String], isRoot: Bool) -> String {
    let safeName = String(decoding: name.utf8.map { ASCII.isLetterOrDigit(or: "_.-")($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    let leaf = "stoker/\(safeName)-\(hash(of: path))"
    if isRoot { return "/var/lib/" + leaf }
    // The XDG specification asks to ignore relative values.
    if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return FilePath.absolute(leaf, from: base) }
    return FilePath.absolute(".local/state/" + leaf, from: home(in: environment))
  }

  /// The node's name where the file names none: the host name.
  package static func defaultNodeName() -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      buffer.initialize(repeating: 0)
      guard let start = buffer.baseAddress, gethostname(start, buffer.count - 1) == 0, start.pointee != 0 else { return "localhost" }
      return String(cString: start)
    }
  }

  /// The node's name: the file's, else the host's.
  package var nodeName: String {
    supervisor.name ?? Self.defaultNodeName()
  }

  /// The directory of state: the file's, else the default one.
  package func stateDirectory(environment: [String: String], isRoot: Bool) -> String {
    supervisor.stateDirectory
      ?? Self.defaultStateDirectory(name: nodeName, path: path, environment: environment, isRoot: isRoot)
  }

  private static func home(in environment: [String: String]) -> String {
    if let home = environment["HOME"], home.hasPrefix("/") { return home }
    // Some service managers set no HOME; the user database has the directory.
    return Identity.field(ofUser: geteuid()) { $0.pw_dir } ?? "/"
  }

  private static func hash(of path: String) -> String {
    var hash: UInt32 = 0x811C_9DC5
    for byte in path.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
