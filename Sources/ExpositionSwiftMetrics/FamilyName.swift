// From a label of swift-metrics to the name of a family.
import Exposition

/// What a label of swift-metrics asks to be called. Labels that ask for the same are one family, whose help tells the first.
struct FamilyName: Sendable {
  /// Legal, and without the suffix of a counter.
  let stem: String
  private let type: MetricType
  private let label: String

  /// A counter; `_total` is not doubled.
  static func counter(_ label: String) -> FamilyName {
    var stem = LegalName(label).text[...]
    while stem.hasSuffix("_total") { stem = stem.dropLast("_total".count) }
    return FamilyName(stem: LegalName(String(stem)).text, type: .counter, label: label)
  }

  /// A gauge.
  static func gauge(_ label: String) -> FamilyName {
    FamilyName(stem: LegalName(label).text, type: .gauge, label: label)
  }

  /// A histogram of anything.
  static func histogram(_ label: String) -> FamilyName {
    FamilyName(stem: LegalName(label).text, type: .histogram, label: label)
  }

  /// A histogram of seconds; `_seconds` is not doubled.
  static func timer(_ label: String) -> FamilyName {
    let name = LegalName(label).text
    return FamilyName(stem: name.hasSuffix("_seconds") ? name : name + "_seconds", type: .histogram, label: label)
  }

  /// The families that it may be, the one that it would like best first.
  var families: [Family] {
    switch type {
    case .counter: [family(stem + "_total"), family(stem + "_counter_total")]
    case .gauge, .histogram, .info:
      Self.isReserved(stem) ? [family("\(stem)_\(type)")] : [family(stem), family("\(stem)_\(type)")]
    }
  }

  private func family(_ name: String) -> Family {
    Family(name: name, type: type, help: "From swift-metrics, labelled \"\(label)\".")
  }

  /// Whether a name ends in what only counters and the samples of histograms may end in.
  private static func isReserved(_ name: String) -> Bool {
    ["_total", "_bucket", "_count", "_sum", "_created"].contains { name.hasSuffix($0) }
  }
}

extension FamilyName: Hashable {
  static func == (one: FamilyName, other: FamilyName) -> Bool {
    one.stem == other.stem && one.type == other.type
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(stem)
    hasher.combine(type)
  }
}
