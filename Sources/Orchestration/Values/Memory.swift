// The facts about a service that an earlier Stoker recorded.

/// The facts about a service that an earlier Stoker recorded (rules 5, 26, 33). The core receives them before its boot.
package struct Memory: Sendable {
  /// The last wish of a person, up or down; nil: as the file says.
  package var wish: Bool?
  /// The origin of that wish, in a few words.
  package var wishedBy = ""
  /// The moment of that wish.
  package var wishedAt: Instant?
  /// The counters, if they are known exactly (`ServiceView.Values.counterNames`).
  package var counters: [UInt64]?
  /// Its uptime, in buckets of this clock.
  package var uptime: [UptimeHistory.Bucket] = []
  /// The time that its uptime had not counted yet.
  package var openUptime: UptimeHistory.Open?
  /// The number of its last run; the next one is higher.
  package var lastRun: UInt64 = 0
  /// The moment of its last restart, and the reason.
  package var lastRestart: (at: Instant, reason: RestartReason)?
  /// Automatic attempts used.
  package var attempts = 0
  /// The state in which the earlier Stoker left it.
  package var leftAs = LeftAs.gone
  /// The beginning of that state, if it has no process.
  package var leftAt: Instant?

  /// No facts.
  package init() {}

  /// The end of a time that counts although no Stoker watched all of it: a process that lives on was up, and a service without one was
  /// down. Nil: nobody knows how long a process that has ended meanwhile was up.
  func end(of open: UptimeHistory.Open, at now: Instant) -> Instant? {
    switch leftAs {
    case .running(let since, _): open.isUp ? now : min(since, now)
    case .gone, .remains, .ended, .completed, .failed: open.isUp ? nil : now
    }
  }

  /// The state in which an earlier Stoker left a service.
  package enum LeftAs: Sendable, Equatable {
    /// No process: it starts, if it is wanted.
    case gone
    /// Its last run still lives. `isReady`: whether it had reported that it is ready.
    case running(since: Instant, isReady: Bool)
    /// The main process of its last run had ended, which is counted; other processes of the run live, and are to end.
    case remains
    /// Its last run ended between two Stokers, with all its processes.
    case ended
    /// It had completed in the same life of the services, and does not run again.
    case completed
    /// It had failed in the same life of the services. `comesBack`: while a dependency was lost to it.
    case failed(byLimit: Bool, comesBack: Bool = false)
  }
}
