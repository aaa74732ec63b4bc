// How far others are trusted where files are opened.

import Glibc

/// The rules by which folders and files are opened.
package struct FileRules: Sendable {
  /// The mode of missing folders, which are made; nil: they are not made.
  package var makesFolders: mode_t?
  /// Folders that are never made, since their loss has to be seen, and they can be put back.
  package var spared: [String] = []
  /// Whether nothing is made and written with our own rights in a folder in which others can replace names.
  package var isGuarded = false
  /// The rights that are used there instead; nil: then it is refused.
  package var rights: FileRights?
  /// Whether symbolic links are followed that others may have placed.
  package var followsForeignLinks = false

  /// As many links are followed as the kernel follows (path_resolution(7)).
  package static let linkBound = 40

  package init(
    makesFolders: mode_t? = nil, isGuarded: Bool = false, rights: FileRights? = nil, followsForeignLinks: Bool = false
  ) {
    self.makesFolders = makesFolders
    self.isGuarded = isGuarded
    self.rights = rights
    self.followsForeignLinks = followsForeignLinks
  }
}
