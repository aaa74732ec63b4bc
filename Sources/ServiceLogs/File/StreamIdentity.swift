// The identity of a standard output: two names for one pipe are one thing.

import Glibc
import Linux

/// A descriptor that we were started with, by the thing behind it.
package struct StreamIdentity: Hashable, Sendable {
  let device: dev_t
  let inode: ino_t

  /// The stream that the path of a log leads to, such as /dev/stdout, or a link to it; nil for a file.
  package static func of(path: String) -> StreamIdentity? {
    var path = path
    for _ in 0...FileRules.linkBound {
      if let number = FilePlace.descriptor(named: path) { return InheritedStream.identity(of: number) }
      guard let target = SymbolicLink.target(at: AT_FDCWD, path) else { return nil }
      path = target.hasPrefix("/") ? target : "\(Directories.parent(of: path) ?? ".")/\(target)"
    }
    return nil
  }
}
