// What a collector is told that writes a family twice.

/// A collector wrote a family of which a sample name was already on the page; the later family was left out.
public struct DuplicateFamily: Error, Equatable, CustomStringConvertible {
  /// The family that was left out.
  public let family: String
  /// The collector that wrote it.
  public let collector: String

  /// What happened and what to do about it.
  public var description: String {
    "collector '\(collector)' wrote '\(family)', which is on the page already: it was left out. Give one of the two another name."
  }
}
