// A metric family: what all its samples have in common.

/// A name, a type and a sentence of help, under which samples are written.
public struct Family: Sendable, Hashable {
  /// The name of its samples, with the suffix of its type (`_total`, `_info`) and without those of a histogram's samples.
  public let name: String
  /// What its numbers mean.
  public let type: MetricType
  /// One sentence for people, in base units where it speaks of any.
  public let help: String

  /// Makes a family.
  ///
  /// The name and the help are part of a program, not of its input, so a fault in them stops the program, in release builds too, with a
  /// message that names it: a name that is not legal or is reserved, a counter that does not end in `_total` (or anything
  /// else that does), an info that does not end in `_info`, no help.
  public init(name: String, type: MetricType, help: String) {
    if let fault = Names.fault(inFamily: name, type: type, help: help) { fatalError(fault) }
    self.name = name
    self.type = type
    self.help = help
  }

  /// Every name that its samples bear: no two families of a page may share one.
  var sampleNames: [String] {
    switch type {
    case .counter, .gauge, .info: [name]
    case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
    }
  }
}
