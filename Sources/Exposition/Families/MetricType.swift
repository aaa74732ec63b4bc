// The kinds of metric families.

/// The meaning of a family's numbers.
public enum MetricType: Sendable, Hashable {
  /// Only rises, from 0; its name ends in `_total`.
  case counter
  /// Goes up and down.
  case gauge
  /// Observations counted in buckets, with their sum.
  case histogram
  /// Facts in labels, with the value 1; its name ends in `_info`. The text format has no such type and shows `gauge`.
  case info
}
