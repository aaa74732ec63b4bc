// The folder of the notification sockets.

import Glibc
import Linux
import Synchronization

/// The folder in which each service's runs have their notification socket: our own, with mode 0711, so that services of other users
/// reach their sockets and see no others.
package final class NotifyFolder: Sendable {
  /// Places for it, the best first. Sockets of a predecessor's runs may be in each of them.
  private let places: [String]
  /// The mark of a Stoker 0.1.0, which gave its runs abstract names.
  private let formerMark: String?
  /// The folders that are in use, by their place.
  private let folders = Mutex<[String: OpenFolder]>([:])

  /// The longest address of a socket (unix(7)).
  private static let addressBound = 107

  /// - Parameters:
  ///   - places: Absolute paths. The last folder of each is made when it is needed; what it lies in must exist.
  ///   - formerMark: The mark of a Stoker 0.1.0 whose runs may be adopted.
  package init(places: [String] = Places().sockets, formerMark: String? = nil) {
    self.places = places
    self.formerMark = formerMark
  }

  /// A socket for a new run of an owner, which has at most one run at a time: in the first place that is to be had.
  func socket(for owner: String, user: uid_t?) throws(SystemError) -> NotifySocket {
    var problem = SystemError(errno: ENAMETOOLONG)
    for place in places {
      guard let name = Self.name(for: owner, in: place) else { continue }
      do throws(SystemError) {
        return try socket(in: place, name, user)
      } catch {
        problem = error
      }
    }
    throw problem
  }

  /// The socket of an adopted run, at the address that is in its environment if that is one that we or a predecessor could have given.
  func socket(for owner: String, user: uid_t?, address: String?) throws(SystemError) -> NotifySocket {
    if let address {
      if address == formerAddress(of: owner) { return try NotifySocket(abstract: address, user: user) }
      for place in places {
        if let name = Self.name(for: owner, in: place), address == "\(place)/\(name)" { return try socket(in: place, name, user) }
      }
    }
    return try socket(for: owner, user: user)
  }

  private func socket(in place: String, _ name: String, _ user: uid_t?) throws(SystemError) -> NotifySocket {
    do throws(SystemError) {
      return try NotifySocket(in: try folder(place), name: name, user: user)
    } catch {
      // It was removed, as the folders of people are when they log out.
      guard error.errno == ENOENT, folders.withLock({ $0.removeValue(forKey: place) }) != nil else { throw error }
      return try NotifySocket(in: try folder(place), name: name, user: user)
    }
  }

  private func folder(_ place: String) throws(SystemError) -> OpenFolder {
    try folders.withLock { folders throws(SystemError) in
      if let known = folders[place] { return known }
      if mkdir(place, 0o711) != 0, errno != EEXIST { throw .last }
      let folder = try Self.open(place)
      // Those that a predecessor left. The sockets of its runs that are adopted are opened after this.
      for name in folder.names() { folder.remove(name) }
      folders[place] = folder
      return folder
    }
  }

  private static func open(_ place: String) throws(SystemError) -> OpenFolder {
    let folder: OpenFolder
    do {
      folder = try OpenFolder(place)
    } catch {
      throw SystemError(errno: error.errno)
    }
    guard folder.weakness == nil, let facts = FileFacts.of(folder.descriptor), facts.owner == geteuid() else {
      throw SystemError(errno: EPERM)
    }
    if facts.mode != 0o711 { try system { chmod(place, 0o711) } }
    return folder
  }

  /// Removes the folders, at the end.
  package func leave() {
    folders.withLock { $0 = [:] }
    for place in places where FileFacts.of(place)?.owner == geteuid() {
      guard let folder = try? Self.open(place) else { continue }
      for name in folder.names() { folder.remove(name) }
      rmdir(place)
    }
  }

  /// The name of an owner's socket: its own, unless that is too long here, or no name of a file; nil where there is no room for any.
  private static func name(for owner: String, in place: String) -> String? {
    let room = addressBound - place.utf8.count - 1
    if owner.utf8.count <= room, !owner.isEmpty, !owner.hasPrefix("."), !owner.utf8.contains(UInt8(ascii: "/")) { return owner }
    let short = "#\(StableHash.text(of: owner))"
    return short.utf8.count <= room ? short : nil
  }

  private func formerAddress(of owner: String) -> String? {
    formerMark.map { "@stoker/\(StableHash.text(of: $0))/\(owner.utf8.count <= 64 ? owner : StableHash.text(of: owner))" }
  }
}
