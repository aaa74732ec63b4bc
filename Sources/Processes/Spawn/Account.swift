// The account of a process: users and groups looked up by name or number.

import Glibc
import Linux

/// The ids that a process gets for a user and a group, and its account variables. Ids that are nil stay those
/// of this process.
struct Account: Equatable {
  var user: uid_t?
  var group: gid_t?
  /// The supplementary groups.
  var groups: [gid_t]?
  /// `HOME`, `LOGNAME`, `SHELL` and `USER`, as far as they are known.
  var variables: [EnvironmentVariable] = []

  /// The account of this process.
  static let own = Account()

  /// Whether the user is another than ours: then it may execute other files than we.
  var isForeign: Bool { user.map { $0 != geteuid() } ?? false }

  /// Its ids for files that are opened on its behalf; nil if they are ours, or we cannot take others.
  var rights: FileRights? {
    guard geteuid() == 0, let user, user != 0 else { return nil }
    let group = group ?? getegid()
    return FileRights(user: user, group: group, groups: groups ?? [group])
  }

  /// The environment of its process: `variables` without those of these names, then `added`, then its own variables that are not there.
  func environment(
    _ variables: [EnvironmentVariable], without names: [String], adding added: [EnvironmentVariable] = []
  ) -> [EnvironmentVariable] {
    let kept = variables.filter { variable in !names.contains { variable.isNamed($0) } }
    let own = self.variables.filter { variable in !kept.contains { $0.name == variable.name } }
    return kept + added + own
  }

  private struct User {
    var name: String
    var number: uid_t
    var group: gid_t
    var home: String
    var shell: String
  }

  /// Looks up the ids. Blocks as long as the system's user databases do.
  init(user: String?, group: String?) throws(SpawnError) {
    self.init()
    let wanted = try group.map(Self.group(_:))
    if let user {
      try become(user, wanted)
    } else if let wanted, wanted != getegid() || geteuid() == 0 {
      // The user stays, and with it its memberships.
      self.group = wanted
    }
  }

  private init() {}

  private mutating func become(_ name: String, _ wanted: gid_t?) throws(SpawnError) {
    let found = try Self.user(name)
    guard let number = found?.number ?? uid_t(name) else {
      throw SpawnError(step: .user, errno: 0, subject: name, hint: "there is no such user")
    }
    guard let group = wanted ?? found?.group ?? (number == geteuid() ? getegid() : nil) else {
      throw SpawnError(
        step: .user, errno: 0, subject: name, hint: "the system knows no user with this number, so its group has to be named as well")
    }
    if let found {
      variables = [("HOME", found.home), ("LOGNAME", found.name), ("SHELL", found.shell), ("USER", found.name)]
        .filter { !$0.1.isEmpty }.map { EnvironmentVariable(name: $0.0, value: $0.1) }
    }
    // Without root even a call that would change nothing is refused.
    guard number != geteuid() || group != getegid() || geteuid() == 0 else { return }
    user = number
    self.group = group
    groups = found.map { Self.groups(of: $0.name, with: group) } ?? [group]
  }

  /// The user with this name, else with this number; nil if there is none.
  private static func user(_ name: String) throws(SpawnError) -> User? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    let number = uid_t(name)
    return try lookUp(.user, name) { buffer, size in
      var error = getpwnam_r(name, &entry, buffer, size, &found)
      if found == nil, !isTooSmall(error), let number { error = getpwuid_r(number, &entry, buffer, size, &found) }
      return error
    } result: {
      guard let found = found?.pointee else { return nil }
      return User(
        name: text(found.pw_name), number: found.pw_uid, group: found.pw_gid, home: text(found.pw_dir), shell: text(found.pw_shell))
    }
  }

  /// The number of the group with this name, else the number itself.
  private static func group(_ name: String) throws(SpawnError) -> gid_t {
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    let named = try lookUp(.group, name) { buffer, size in
      getgrnam_r(name, &entry, buffer, size, &found)
    } result: {
      found?.pointee.gr_gid
    }
    guard let number = named ?? gid_t(name) else {
      throw SpawnError(step: .group, errno: 0, subject: name, hint: "there is no such group")
    }
    return number
  }

  private static func text(_ string: UnsafeMutablePointer<CChar>?) -> String { string.map { String(cString: $0) } ?? "" }

  private static func isTooSmall(_ error: Int32) -> Bool { error == ERANGE }

  /// Calls with larger and larger buffers, and reads the result while the buffer exists.
  private static func lookUp<Result>(
    _ step: SpawnStep, _ name: String, _ ask: (UnsafeMutablePointer<CChar>, Int) -> Int32, result: () -> Result?
  ) throws(SpawnError) -> Result? {
    var size = 4096
    while true {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let error = ask(buffer, size)
      if isTooSmall(error), size < 1 << 20 {
        size *= 4
        continue
      }
      switch error {
      // The errors that the manual lists for "not found"; the databases do not agree.
      case 0, ENOENT, ESRCH, EBADF, EPERM: return result()
      default: throw SpawnError(step: step, errno: error, subject: name, hint: "it could not be looked up")
      }
    }
  }

  private static func groups(of user: String, with group: gid_t) -> [gid_t] {
    var count: Int32 = 64
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      var needed = count
      if getgrouplist(user, group, &groups, &needed) >= 0 { return Array(groups.prefix(Int(needed))) }
      guard needed > count else { return [group] }
      count = needed
    }
  }
}
