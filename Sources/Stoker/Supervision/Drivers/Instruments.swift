// Histograms of the supervisor's own work; all other metrics are read from the published state.

import Exposition

/// The histograms that the supervisor fills.
final class Instruments: Sendable {
  /// From a timer's due time to its handling, in seconds.
  let loopLag = Histogram(bounds: [0.0001, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.01, 0.05, 0.1, 0.5, 1])
  /// From the decision to start to the end of the start, in seconds, over all services.
  let startDurations = Histogram(bounds: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60])
  /// From the decision to stop to the end of the run, in seconds, over all services.
  let stopDurations = Histogram(bounds: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60])
}
