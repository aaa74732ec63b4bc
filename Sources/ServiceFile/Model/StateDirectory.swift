// The state directory: `run` and every other verb find it by the same rule.
import Addresses
import Glibc

extension ServiceFile {
  /// The default state directory: `$XDG_STATE_HOME/stoker/NAME-HASH`, else `~/.local/state/stoker/NAME-HASH`, and as root
  /// `/var/lib/stoker/NAME-HASH`.
  /// - Parameters:
  ///   - name: NAME; nil: the stem of the service file's name.
  ///   - path: The service file's path, absolute; HASH is the 32-bit FNV-1a of it in hexadecimal digits.
  package static func defaultStateDirectory(name: String? = nil, path: String, environment: [String: String], isRoot: Bool) -> String {
    "\(stateFolder(environment, isRoot: isRoot))/\(leaf(name ?? stem(of: path)))-\(hash(of: path))"
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

  /// The state directory: the file's, else the default one, or one that an earlier version made for this file.
  package func stateDirectory(environment: [String: String], isRoot: Bool) throws(StateDirectoryError) -> String {
    if let named = supervisor.stateDirectory { return named }
    return try Self.stateDirectory(path: path, nodeName: nodeName, environment: environment, isRoot: isRoot)
  }

  static func stateDirectory(
    path: String, nodeName: @autoclosure () -> String, environment: [String: String], isRoot: Bool
  ) throws(StateDirectoryError) -> String {
    let search = StateDirectorySearch(
      folder: stateFolder(environment, isRoot: isRoot), leaf: "\(leaf(stem(of: path)))-\(hash(of: path))", hash: hash(of: path),
      isOnlyThisMachines: isRoot)
    return try search.run(earlierLeaf: "\(leaf(nodeName()))-\(hash(of: path))")
  }

  private static func stateFolder(_ environment: [String: String], isRoot: Bool) -> String {
    if isRoot { return "/var/lib/stoker" }
    // The XDG specification asks to ignore relative values.
    if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return FilePath.absolute("stoker", from: base) }
    return FilePath.absolute(".local/state/stoker", from: home(in: environment))
  }

  private static func leaf(_ name: String) -> String {
    String(decoding: name.utf8.map { ASCII.isLetterOrDigit(or: "_.-")($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
  }

  /// The file's name without its ending; cut, since the path of the control socket is bounded.
  private static func stem(of path: String) -> String {
    let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    return String(decoding: (stem.isEmpty ? name : stem).utf8.prefix(32), as: UTF8.self)
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
