// Whether the content of a file can be trusted, and how it is opened if others may write its folder.

import Glibc

/// The folders and files by which others change what we read.
package enum FileTrust {
  /// The folders on the way to a file, and the file itself, by which others than root and our user can change its content, from the
  /// outermost; none also where the file is not there.
  /// - Parameter path: An absolute path. Symbolic links are followed.
  package static func weaknesses(ofFile path: String) -> [OpenFolder.Weakness] {
    var found: [OpenFolder.Weakness] = []
    var path = path
    for _ in 0..<FileRules.linkBound {
      let place = Place(path)
      do throws(FolderError) {
        let folder = try OpenFolder(place.folder)
        found += folder.weaknesses
        guard let facts = folder.facts(of: place.name) else { break }
        guard facts.kind == .link, let target = SymbolicLink.target(at: folder.descriptor, place.name) else {
          // The content of a device is nobody's.
          if facts.kind != .device, facts.isWritable(byOthersThan: geteuid()) {
            found.append(OpenFolder.Weakness(path: path, facts: facts))
          }
          break
        }
        if let weakness = weakness(ofLink: facts, path, in: folder) { found.append(weakness) }
        path = place.following(target)
      } catch .foreignLink(_, let weakness) {
        found.append(weakness)
        guard let real = realPath(path), real != path else { break }
        path = real
      } catch {
        break
      }
    }
    var seen: Set<String> = []
    return found.filter { seen.insert($0.path).inserted }
  }

  /// The folders on the way to a folder, and itself, in which others than root and our user can replace names; as far as they exist.
  package static func weaknesses(ofFolder path: String) -> [OpenFolder.Weakness] {
    var path = path
    while true {
      do throws(FolderError) {
        return try OpenFolder(path).weaknesses
      } catch .foreignLink(_, let weakness) {
        return [weakness]
      } catch {
        guard error.errno == ENOENT, path != "/" else { return [] }
        path = Place(path).folder
      }
    }
  }

  /// Opens a file for reading, without waiting for the writer of a pipe. A symbolic link in a folder in which others can place one is
  /// followed only if it stays below that folder.
  /// - Parameter path: An absolute path.
  package static func open(_ path: String) throws(FolderError) -> Int32 {
    var path = path
    var isReal = false
    for _ in 0..<FileRules.linkBound {
      let place = Place(path)
      do throws(FolderError) {
        let folder = try OpenFolder(place.folder)
        do throws(SystemError) {
          return try folder.open(place.name, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        } catch {
          guard error.errno == ELOOP, let facts = folder.facts(of: place.name), facts.kind == .link,
            let target = SymbolicLink.target(at: folder.descriptor, place.name)
          else { throw FolderError.system(path: path, error) }
          if let weakness = folder.weaknesses.last ?? weakness(ofLink: facts, path, in: folder) {
            throw FolderError.foreignLink(path: path, weakness)
          }
          path = place.following(target)
        }
      } catch {
        guard case .foreignLink(_, let weakness) = error, !isReal, let real = realPath(path), real.hasPrefix("\(weakness.path)/")
        else { throw error }
        (path, isReal) = (real, true)
      }
    }
    throw .system(path: path, SystemError(errno: ELOOP))
  }

  /// Only in a folder with the sticky bit does a link belong to those who made it; elsewhere its folder counts.
  private static func weakness(ofLink facts: FileFacts, _ path: String, in folder: OpenFolder) -> OpenFolder.Weakness? {
    guard let place = FileFacts.of(folder.descriptor), place.isWritable(byOthersThan: geteuid()), !facts.isOwned(byRootOr: geteuid())
    else { return nil }
    return OpenFolder.Weakness(path: path, facts: facts)
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// A file's folder, and its name there.
  private struct Place {
    let folder: String
    let name: String

    init(_ path: String) {
      folder = Directories.parent(of: path) ?? "."
      name = String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
    }

    /// The path to which a link leads.
    func following(_ target: String) -> String { target.hasPrefix("/") ? target : "\(folder)/\(target)" }
  }
}
