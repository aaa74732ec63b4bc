// A pointer from a number to one of the things that it counts.
import Glibc

/// An event that a counter or a bucket counted, told by labels that lead to it elsewhere: a trace, a run, a log line.
///
/// ```swift
/// durations.observe(seconds, exemplar: Exemplar(Labels(["trace_id": trace]), value: seconds))
/// ```
/// OpenMetrics and protobuf carry it, the text format has no place for it.
public struct Exemplar: Sendable, Equatable {
  /// What leads to the event: 128 characters at most, names and values together (OpenMetrics 1.0).
  public let labels: Labels
  /// What was counted: the amount, or the observation.
  public let value: Double
  /// When it was, in seconds since 1970.
  public let time: Double

  /// The most characters of all names and values together.
  public static let maxCharacters = 128

  /// An event of the present, or of `time`; nil where the labels are longer than ``maxCharacters``, or the time is none that can be written, since
  /// no scraper would take it.
  public init?(_ labels: Labels, value: Double, time: Double = UnixTime.now) {
    guard labels.characters <= Self.maxCharacters, UnixTime.range.contains(time) else { return nil }
    self.labels = labels
    self.value = value
    self.time = time
  }
}

/// The clock of the wall, as metrics tell it.
public enum UnixTime {
  /// The years 1 to 9999: what protobuf's `Timestamp` holds.
  static let range = -62_135_596_800.0...253_402_300_799.0

  /// The nearest time that can be written.
  static func inRange(_ time: Double) -> Double {
    min(max(time, range.lowerBound), range.upperBound)
  }

  /// Seconds since 1970.
  public static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
