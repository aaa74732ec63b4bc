// The kinds of metric families.

/// What the numbers of a family mean, and so what may be done with them.
public enum MetricType: Sendable, Hashable {
  /// Only rises, from 0; its name ends in `_total`.
  case counter
  /// Goes up and down.
  case gauge
  /// Observations counted in buckets, with their sum.
  case histogram
  /// Facts in labels, of value 1; its name ends in `_info`. The text format has no such type and is told `gauge`.
  case info
}
