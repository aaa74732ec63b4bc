// The watch over the state directory: it can be removed, replaced or covered while Stoker runs.

import Logging
import NIOPosix
import Processes
import Synchronization

/// Compares the state directory that is held with the one at its path, and reports a difference once.
final class StateDirectoryWatch: Sendable {
  private let place: StateLock.Place
  private let logger: Logger
  private let lost = Mutex<String?>(nil)

  /// The time between two looks.
  private static let interval = Duration.seconds(2)

  init(_ place: StateLock.Place, logger: Logger) {
    self.place = place
    self.logger = logger
  }

  /// Why the state directory is not in its place, in a sentence; nil while it is.
  var problem: String? { lost.withLock(\.self) }

  /// Looks again and again until it is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        // On a thread that may wait for a disk.
        note(try await NIOThreadPool.singleton.runIfActive { [place] in place.loss() })
      } catch {
        return
      }
      try? await Task.sleep(for: Self.interval, clock: SuspendingClock())
    }
  }

  private func note(_ loss: StateLock.Loss?) {
    let sentence = loss.map { $0.sentence(place.directory) }
    let before = lost.withLock { lost in
      defer { lost = sentence }
      return lost
    }
    switch (before, sentence) {
    case (nil, let sentence?): logger.error("\(sentence)")
    case (_?, nil): logger.notice("the state directory '\(place.directory)' is back in its place")
    case (nil, nil), (_?, _?): break
    }
  }
}

extension StateLock.Loss {
  fileprivate func sentence(_ directory: String) -> String {
    let fault =
      switch self {
      case .gone: "is gone"
      case .replaced: "is no longer at its path: another folder is there"
      case .unreachable(let error): "cannot be reached: \(error)"
      }
    return "the state directory '\(directory)' \(fault); services run on, but history and the control socket are lost to others: "
      + "put it back, or stop Stoker with SIGTERM and start it again"
  }
}
