// The error of a collector that writes a family twice.

/// A collector wrote a family with a sample name that was on the page already; the later family was left out.
public struct DuplicateFamily: Error, Equatable, CustomStringConvertible {
  /// The family that was left out.
  public let family: String
  /// The collector that wrote it.
  public let collector: String

  /// The error, and its remedy.
  public var description: String {
    "collector '\(collector)' wrote '\(family)', which is on the page already: it was left out. Give one of the two another name."
  }
}
