// Requests to reload a service, which wait for its end.

import Orchestration

/// The reply to a request to reload a service.
enum ServiceReloadReply: Sendable {
  /// The reload is over.
  case over(ReloadRecord)
  case refused(Refusal)
  /// A reload of the service file removed the service.
  case gone
}

/// The reply to a request to signal a service.
enum SignalReply: Sendable {
  /// The signal was sent; `pid`: the main process.
  case sent(SignalRecord, pid: Int32?)
  case refused(Refusal)
  /// A reload of the service file removed the service.
  case gone
}

/// The requests that wait. Several of one service have one end.
struct PendingReloads {
  private var waiting: [String: [CheckedContinuation<ServiceReloadReply, Never>]] = [:]
  /// The replies for the next publishing.
  private var ready: [@Sendable () -> Void] = []

  mutating func add(_ reply: CheckedContinuation<ServiceReloadReply, Never>, for service: String) {
    waiting[service, default: []].append(reply)
  }

  mutating func conclude(_ service: String, _ purpose: ReloadPurpose, _ record: ReloadRecord) {
    guard purpose == .reload, let replies = waiting.removeValue(forKey: service) else { return }
    ready.append { for reply in replies { reply.resume(returning: .over(record)) } }
  }

  mutating func takeReady() -> [@Sendable () -> Void] {
    defer { ready = [] }
    return ready
  }

  /// Replies to all that still wait: the loop is over.
  mutating func end() {
    for reply in takeReady() { reply() }
    for reply in waiting.values.joined() { reply.resume(returning: .refused(.shuttingDown)) }
    waiting = [:]
  }
}
