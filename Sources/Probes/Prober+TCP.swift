// The TCP check.

import Addresses
import NIOCore

extension Prober {
  /// As much of an answer as is searched for the expected bytes.
  private static let answerLimit = 64 << 10

  /// Connects, sends, and waits for what is expected.
  func check(_ probe: TCPProbe, until deadline: ProbeDeadline) async throws(ProbeFailure) -> Finding {
    try await dialer.exchange(with: .tcp(probe.address), until: deadline) { promise in
      [TCPExchangeHandler(probe: probe, until: deadline, limit: Prober.answerLimit, promise: promise)]
    }
    return .passed(probe.expect == nil ? "connected" : "answered as expected")
  }
}
