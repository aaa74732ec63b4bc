// The rules for names of metrics and labels: those of the exposition formats, and of Prometheus' own linter.

enum Names {
  /// Suffixes that no family may have: those of a histogram's samples, and `_created`, which OpenMetrics reserves.
  static let reservedSuffixes = ["_bucket", "_count", "_sum", "_created"]

  static let counterSuffix = "_total"
  static let infoSuffix = "_info"

  /// The base units of Prometheus' naming rules and of OpenMetrics.
  static let units = ["seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes", "joules", "grams", "hertz"]

  /// The fault of a family, as a sentence that names it; nil if there is none.
  static func fault(inFamily name: String, type: MetricType, help: String) -> String? {
    guard isIdentifier(name) else {
      return "metric name \"\(name)\" is not legal: letters, digits and underscores, not beginning with a digit"
    }
    if name.hasPrefix("__") { return "metric name \"\(name)\" is not legal: two leading underscores are reserved" }
    for suffix in reservedSuffixes where name.hasSuffix(suffix) {
      return "metric name \"\(name)\" ends in \(suffix), which is reserved"
    }
    if type == .counter, !name.hasSuffix(counterSuffix) { return "counter \"\(name)\" does not end in _total" }
    if type != .counter, name.hasSuffix(counterSuffix) { return "\"\(name)\" ends in _total but is no counter" }
    if type == .info, !name.hasSuffix(infoSuffix) { return "info \"\(name)\" does not end in _info" }
    if help.isEmpty { return "metric \"\(name)\" has no help text" }
    return nil
  }

  /// The fault of a label's name, as a sentence that names it; nil if there is none.
  static func fault(inLabel name: String) -> String? {
    guard isIdentifier(name) else {
      return "label name \"\(name)\" is not legal: letters, digits and underscores, not beginning with a digit"
    }
    if name.hasPrefix("__") { return "label name \"\(name)\" is not legal: two leading underscores are reserved" }
    if name == "le" || name == "quantile" { return "label name \"\(name)\" belongs to the buckets of a histogram or summary" }
    return nil
  }

  /// Whether a name matches `[a-zA-Z_][a-zA-Z0-9_]*`. Colons are legal in metric names too, but are meant for recording
  /// rules.
  private static func isIdentifier(_ name: String) -> Bool {
    var isFirst = true
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9") where !isFirst: break
      default: return false
      }
      isFirst = false
    }
    return !isFirst
  }
}
