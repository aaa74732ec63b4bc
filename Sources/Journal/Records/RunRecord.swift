// Records of the history, which keep their order.

/// A record of the history of a service's runs.
enum RunRecord: Sendable {
  case started(RunStart)
  case ended(RunEnd)
  case failed(StartFailure)

  var service: String {
    switch self {
    case .started(let start): start.service
    case .ended(let end): end.service
    case .failed(let failure): failure.service
    }
  }

  /// Its approximate size in memory, in bytes.
  var bytes: Int {
    switch self {
    case .started(let start): 128 + start.service.utf8.count + start.cause.utf8.count
    case .ended(let end): end.lines.reduce(192 + end.service.utf8.count + end.cause.utf8.count) { $0 + 32 + $1.utf8.count }
    case .failed(let failure):
      128 + failure.service.utf8.count + failure.stage.utf8.count + failure.text.utf8.count + (failure.cause?.utf8.count ?? 0)
    }
  }
}

extension [RunEntry] {
  /// Adds a record to a history that is newest first.
  mutating func take(_ record: RunRecord) {
    switch record {
    case .started(let start): insert(RunEntry(start), at: 0)
    case .failed(let failure): insert(RunEntry(failure), at: 0)
    case .ended(let end):
      if let index = firstIndex(where: { $0.run == end.run && $0.outcome == .open }) {
        self[index].outcome = .ended(end)
      } else {
        insert(RunEntry(end), at: 0)
      }
    }
  }
}
