// The judgement of a notification's sender where a service hears its main process alone.

import Glibc

/// Why a message counts for nothing, or not in full, where the main process of a run and its descendants alone are heard (rule 82).
package enum NotifyRefusal: Hashable, Sendable, CustomStringConvertible {
  /// The sender does not descend from the main process.
  case stranger
  /// The sender is gone, or in a namespace that cannot be seen: its descent is not known.
  case unknown
  /// There is no main process any more.
  case headless
  /// A descendant of the main process named another main process.
  case notMain

  /// No line of ancestors is longer, unless it changes while it is followed.
  private static let longestLine = 64

  /// Judges a sender; nil if it is the main process or descends from it.
  ///
  /// Descent is read from parents, and from the session: nobody enters that of another process, and a child whose parents have ended is
  /// still in it. Marks and cgroups prove less: processes of the same user can copy a mark, and hooks may be in the same cgroup. The
  /// sender's pid is what the kernel noted; it is not reused before all others were.
  init?(of sender: pid_t, main: ProcessIdentity?, status: (pid_t) -> ProcessStatus?) {
    guard let main else {
      self = .headless
      return
    }
    if sender == main.pid { return nil }
    guard status(main.pid)?.startTime == main.startTime else {
      self = .headless
      return
    }
    self = .unknown
    var next = sender
    for _ in 0..<Self.longestLine {
      guard next > 1, let process = status(next) else { return }
      if process.session == main.pid || process.parent == main.pid { return nil }
      self = .stranger
      next = process.parent
    }
  }

  package var description: String {
    switch self {
    case .stranger: "it does not descend from the main process"
    case .unknown:
      """
      its descent could not be read before it had ended: a program that notifies for another must live until it was heard, as \
      systemd-notify does
      """
    case .headless: "the main process has ended"
    case .notMain: "only the main process can name another one with MAINPID=; the rest of it was heard"
    }
  }
}
