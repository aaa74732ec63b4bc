// Exemplars: one counted event, as an example for a number.
import Glibc

/// An event that a counter or a bucket counted, with labels that identify it elsewhere: a trace, a run, a log line.
///
/// ```swift
/// durations.observe(seconds, exemplar: Exemplar(Labels(["trace_id": trace]), value: seconds))
/// ```
/// OpenMetrics and protobuf carry exemplars; the text format cannot.
public struct Exemplar: Sendable, Equatable {
  /// The labels that identify the event: 128 characters at most, names and values together (OpenMetrics 1.0).
  public let labels: Labels
  /// The counted amount, or the observation.
  public let value: Double
  /// The time of the event, in seconds since 1970.
  public let time: Double

  /// The largest number of characters of all names and values together.
  public static let maxCharacters = 128

  /// An event of now, or of `time`. Nil if the labels are longer than ``maxCharacters``, or the time is outside the
  /// years 1 to 9999, since no scraper would accept it.
  public init?(_ labels: Labels, value: Double, time: Double = UnixTime.now) {
    guard labels.characters <= Self.maxCharacters, UnixTime.range.contains(time) else { return nil }
    self.labels = labels
    self.value = value
    self.time = time
  }
}

/// Wall-clock time in seconds since 1970, as metrics use it.
public enum UnixTime {
  /// The years 1 to 9999, the range of protobuf's `Timestamp`.
  static let range = -62_135_596_800.0...253_402_300_799.0

  /// The nearest time within the range.
  static func inRange(_ time: Double) -> Double {
    min(max(time, range.lowerBound), range.upperBound)
  }

  /// The current time, in seconds since 1970.
  public static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
