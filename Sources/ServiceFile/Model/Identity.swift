// The user and group that Stoker runs as: only root may start processes as another user.
import Glibc

/// A user and a group.
package struct Identity: Sendable, Equatable {
  /// The user; root is number 0.
  package var user: Account
  /// The group.
  package var group: Account

  /// An identity.
  package init(user: Account, group: Account) {
    self.user = user
    self.group = group
  }

  /// The effective user and group of this process.
  package static func current() -> Identity {
    Identity(
      user: Account(number: geteuid(), name: name(ofUser: geteuid())),
      group: Account(number: getegid(), name: name(ofGroup: getegid())))
  }

  /// A user, or a group.
  package struct Account: Sendable, Equatable, CustomStringConvertible {
    /// The account's number.
    package var number: UInt32
    /// The account's name; nil where the database has none.
    package var name: String?

    /// An account.
    package init(number: UInt32, name: String? = nil) {
      self.number = number
      self.name = name
    }

    /// The account for messages: "fog (1000)".
    package var description: String { name.map { "\($0) (\(number))" } ?? "\(number)" }

    /// Whether `text` in a service file names this account.
    func isMeant(by text: String) -> Bool {
      AccountText.number(of: text).map { $0 == number } ?? (text == name)
    }
  }

  // Bytes enough for a group with thousands of members.
  private static let capacity = 1 << 18

  /// A field of a user's entry in the database; nil where it has none.
  static func field(ofUser id: UInt32, _ field: (passwd) -> UnsafeMutablePointer<CChar>?) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      guard let start = buffer.baseAddress, getpwuid_r(id, &entry, start, buffer.count, &found) == 0, found != nil else { return nil }
      return field(entry).map { String(cString: $0) }
    }
  }

  /// The name of a user; nil where the database has none. Blocks as long as the database does.
  package static func name(ofUser id: UInt32) -> String? { field(ofUser: id) { $0.pw_name } }

  /// The user of this name or number, with the group that the database gives it; nil where there is none.
  static func account(named text: String) -> (user: UInt32, group: UInt32)? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      guard let start = buffer.baseAddress else { return nil }
      if let number = AccountText.number(of: text) {
        let isKnown = getpwuid_r(number, &entry, start, buffer.count, &found) == 0 && found != nil
        // A number needs no entry; then it has no group of its own.
        return (number, isKnown ? entry.pw_gid : 0)
      }
      guard getpwnam_r(text, &entry, start, buffer.count, &found) == 0, found != nil else { return nil }
      return (entry.pw_uid, entry.pw_gid)
    }
  }

  private static func name(ofGroup id: UInt32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      var entry = Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      guard let start = buffer.baseAddress, getgrgid_r(id, &entry, start, buffer.count, &found) == 0, found != nil else { return nil }
      return entry.gr_name.map { String(cString: $0) }
    }
  }
}
