// The TCP check.

import Addresses
import NIOCore

extension Prober {
  /// The most bytes of an answer that are searched.
  private static let answerLimit = 64 << 10

  /// Connects, sends, and waits for the expected bytes.
  func check(_ probe: TCPProbe, until deadline: ProbeDeadline) async throws(ProbeFailure) -> Finding {
    try await dialer.exchange(with: .tcp(probe.address), until: deadline) { promise in
      [TCPExchangeHandler(probe: probe, until: deadline, limit: Prober.answerLimit, promise: promise)]
    }
    return .passed(probe.expect == nil ? "connected" : "answered as expected")
  }
}
