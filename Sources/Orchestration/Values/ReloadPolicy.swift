// The reload of one service.

/// The reload of a service: how it is asked to read its configuration again (rule 86).
package struct ReloadPolicy: Sendable, Equatable {
  /// The way of asking.
  package var way: Way
  /// Whether the hook `reload_check` comes first.
  package var hasCheck: Bool
  /// From the beginning of the reload to its end.
  package var timeout: Duration
  /// Whether the process can report by `RELOADING=1` and `READY=1` that it reloads, and that it has reloaded.
  package var isReported: Bool

  /// A policy with the defaults of the service file.
  package init(_ way: Way, hasCheck: Bool = false, timeout: Duration = .seconds(30), isReported: Bool = false) {
    self.way = way
    self.hasCheck = hasCheck
    self.timeout = timeout
    self.isReported = isReported
  }

  /// A way of asking a process to read its configuration again.
  package enum Way: Sendable, Equatable {
    /// This signal to the main process.
    case signal(Int32)
    /// The hook `reload`.
    case command
  }
}

/// The purpose of a check by the hook `reload_check`.
package enum ReloadPurpose: Sendable, Equatable {
  /// The reload that follows.
  case reload
  /// The restart that follows, which a person requested.
  case restart
}

/// The end of a reload, or of the check before a restart.
package enum ReloadEnd: Sendable, Equatable {
  /// The process was asked, and has reported that it is done, if it reports that.
  case succeeded
  /// The check failed: nothing was done.
  case checkFailed
  /// The command failed.
  case commandFailed
  /// Its time ended at this stage.
  case timedOut(ReloadStage)
  /// The run ended, or is being ended, with this cause.
  case interrupted(Cause)
  /// The check has passed, and the restart was refused.
  case refused(Refusal)

  /// The end as a word.
  package var outcome: ReloadOutcome {
    switch self {
    case .succeeded: .success
    case .checkFailed, .timedOut(.check): .checkFailed
    case .commandFailed, .timedOut, .interrupted, .refused: .failed
    }
  }
}

/// The stage of a reload at which it may run out of time.
package enum ReloadStage: Sendable, Equatable {
  /// The hook before it runs.
  case hook
  case check, command
  /// The process has reported that it reloads, and not that it is ready.
  case ready
}

/// The outcome of a reload: the label `outcome` of `stoker_service_reloads_total`.
package enum ReloadOutcome: String, Sendable, CaseIterable {
  case success
  case checkFailed = "check_failed"
  case failed
}
