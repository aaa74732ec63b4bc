// Paths as texts: made absolute, and resolved as the kernel would.
import Glibc
import Linux

enum FilePath {
  /// The absolute, tidied form of `path`, taken from `directory`. `..` is resolved in the text alone.
  static func absolute(_ path: String, from directory: String) -> String {
    let full = path.hasPrefix("/") ? path : directory + "/" + path
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == ".." {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The parent directory of an absolute path.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// The path with symbolic links followed as far as it exists: equal results mean one file.
  static func resolved(_ path: String) -> String {
    var existing = path
    var missing: [Substring] = []
    while existing != "/" {
      if let real = realpath(existing, nil) {
        defer { free(real) }
        return absolute(missing.reversed().joined(separator: "/"), from: String(cString: real))
      }
      missing.append(existing[existing.index(existing.startIndex, offsetBy: parent(of: existing).count)...].drop { $0 == "/" })
      existing = parent(of: existing)
    }
    return path
  }

  /// The same for a file that is written, with whether others can change its folder: a symbolic link that they could have placed is not
  /// followed, here as when the file is written. Otherwise the user of one service could name the file of another.
  static func resolvedForWriting(_ path: String) -> (path: String, isWeak: Bool) {
    var path = path
    for _ in 0..<FileRules.linkBound {
      let (folder, name) = (parent(of: path), String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]))
      do throws(FolderError) {
        let open = try OpenFolder(folder)
        let real = SymbolicLink.target(at: AT_FDCWD, "/proc/self/fd/\(open.descriptor)") ?? folder
        // Standard output and the like are no files of a folder: what is behind them is another thing in each process.
        if real.hasPrefix("/proc/") { return (path, true) }
        if open.weakness == nil, let target = SymbolicLink.target(at: open.descriptor, name) {
          path = absolute(target, from: real)
          continue
        }
        return (absolute(name, from: real), open.weakness != nil)
      } catch {
        guard error.errno == ENOENT, folder != path else { return (path, true) }
        let (folder, isWeak) = resolvedForWriting(folder)
        return (absolute(name, from: folder), isWeak)
      }
    }
    return (path, true)
  }

  /// Whether a resolved path is a descriptor of this process, such as /dev/stdout.
  static func isStream(_ path: String) -> Bool { FilePlace.descriptor(named: path) != nil }

  /// The path as it is named now, for a time at which the working directory may be another. Only a leading `..` is resolved in the text: the
  /// working directory has no links on its way, while those in `path` are followed anew each time.
  /// - Returns: nil for a relative path if the working directory is gone.
  static func anchored(_ path: String) -> String? {
    if path.hasPrefix("/") { return path }
    guard let buffer = getcwd(nil, 0) else { return nil }
    defer { free(buffer) }
    var directory = String(cString: buffer)
    // Linux marks a directory outside of our root so.
    guard directory.hasPrefix("/") else { return nil }
    var parts = path.split(separator: "/")[...]
    while let part = parts.first, part == "." || part == ".." {
      if part == ".." { directory = parent(of: directory) }
      parts.removeFirst()
    }
    return (directory == "/" ? "" : directory) + "/" + parts.joined(separator: "/")
  }
}
