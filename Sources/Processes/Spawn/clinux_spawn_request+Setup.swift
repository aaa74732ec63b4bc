// The set-up of a process in the form that the C functions read.

import CLinux
import Glibc

extension clinux_spawn_request {
  private mutating func set(_ what: clinux_spawn_setup) { setup |= what.rawValue }

  /// Sets the properties that differ from ours.
  mutating func apply(_ wanted: ProcessSetup) {
    if let limit = wanted.descriptorLimit {
      set(CLINUX_SETS_DESCRIPTOR_LIMIT)
      descriptors_soft = limit.soft
      descriptors_hard = limit.hard
      if limit.isUpperBound { set(CLINUX_BOUNDS_DESCRIPTOR_LIMIT) }
    }
    if let limit = wanted.coreLimit {
      set(CLINUX_SETS_CORE_LIMIT)
      core = limit
    }
    if let nice = wanted.nice {
      set(CLINUX_SETS_NICE)
      self.nice = Int32(clamping: nice)
    }
    if let adjustment = wanted.oomScoreAdjustment {
      set(CLINUX_SETS_OOM_SCORE)
      oom_score_adjustment = Int32(clamping: max(-1000, min(1000, adjustment)))
    }
    if let umask = wanted.umask {
      set(CLINUX_SETS_UMASK)
      self.umask = mode_t(umask)
    }
    if wanted.noNewPrivileges { set(CLINUX_SETS_NO_NEW_PRIVILEGES) }
  }

  /// - Parameter numbers: the account's groups, which must exist until the spawn is over.
  mutating func apply(_ account: Account, _ numbers: UnsafeBufferPointer<gid_t>) {
    if account.groups != nil {
      set(CLINUX_SETS_GROUPS)
      groups = numbers.baseAddress
      group_count = numbers.count
    }
    if let group = account.group {
      set(CLINUX_SETS_GROUP)
      self.group = group
    }
    if let user = account.user {
      set(CLINUX_SETS_USER)
      self.user = user
    }
  }
}
