// The name of a family for a label of swift-metrics.
import Exposition

/// The name of the family for a label of swift-metrics. Labels with the same name share a family, whose help names the
/// first label.
struct FamilyName: Sendable {
  /// A legal name, without the suffix of a counter.
  let stem: String
  private let type: MetricType
  private let label: String

  /// The name for a counter; `_total` is not doubled.
  static func counter(_ label: String) -> FamilyName {
    var stem = LegalName(label).text[...]
    while stem.hasSuffix("_total") { stem = stem.dropLast("_total".count) }
    return FamilyName(stem: LegalName(String(stem)).text, type: .counter, label: label)
  }

  /// The name for a gauge.
  static func gauge(_ label: String) -> FamilyName {
    FamilyName(stem: LegalName(label).text, type: .gauge, label: label)
  }

  /// The name for a histogram.
  static func histogram(_ label: String) -> FamilyName {
    FamilyName(stem: LegalName(label).text, type: .histogram, label: label)
  }

  /// The name for a histogram of seconds; `_seconds` is not doubled.
  static func timer(_ label: String) -> FamilyName {
    let name = LegalName(label).text
    return FamilyName(stem: name.hasSuffix("_seconds") ? name : name + "_seconds", type: .histogram, label: label)
  }

  /// The possible families, in order of preference.
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

  /// Whether a name has a suffix that is reserved for counters and for the samples of histograms.
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
