// Metric families: name, type and help of samples that belong together.

/// A metric family: a name, a type and a sentence of help, under which samples are written.
///
/// ```swift
/// let requests = Family(name: "http_requests_total", type: .counter, help: "HTTP requests answered.")
/// ```
public struct Family: Sendable, Hashable {
  /// The name of its samples, with the suffix of its type (`_total`, `_info`), but without the suffixes of a
  /// histogram's samples.
  public let name: String
  /// The type of its numbers.
  public let type: MetricType
  /// One sentence of help, in base units if it names any.
  public let help: String

  /// Makes a family.
  ///
  /// The name and the help are part of a program, not of its input, so a fault in them stops the program, in release
  /// builds too, with a message that names it: a name that is not legal or is reserved, a counter that does not end in
  /// `_total` (or another type that does), an info that does not end in `_info`, an empty help.
  public init(name: String, type: MetricType, help: String) {
    if let fault = Names.fault(inFamily: name, type: type, help: help) { fatalError(fault) }
    self.name = name
    self.type = type
    self.help = help
  }

  /// The unit at the end of the name, before the suffix of its type: one of the base units of Prometheus and
  /// OpenMetrics; nil if there is none.
  public var unit: String? {
    guard type != .info else { return nil }
    let base = baseName
    guard let last = base.split(separator: "_", omittingEmptySubsequences: false).last, last.utf8.count < base.utf8.count else {
      return nil
    }
    return Names.units.first { $0 == last }
  }

  /// The name without the suffix of its type: the name of the family in OpenMetrics.
  var baseName: Substring {
    switch type {
    case .counter: name.dropLast(Names.counterSuffix.count)
    case .info: name.dropLast(Names.infoSuffix.count)
    case .gauge, .histogram: name[...]
    }
  }

  /// Every name that the family uses in any format. No two families of a page may share one.
  public var takenNames: [String] {
    switch type {
    case .gauge: [name]
    case .counter, .info: [name, String(baseName)]
    case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
    }
  }
}
