// The resource usage of a service over all its runs: readings of its live process tree, and the sum of ended runs.

import Processes
import Synchronization

/// A service's resource usage. Sums never decrease: the usage of a run is added at its end.
struct ServiceUsage: Sendable {
  /// The last reading of the present process tree; empty while there is no process, nil before the first reading and where the processes
  /// cannot be seen.
  var tree: TreeUsage? = TreeUsage()
  /// Whether the present processes cannot be seen, so that the sums are unknown.
  var isHidden = false
  /// Whether the bytes from and to storage are known: of the present processes, and of all runs that have ended.
  var knowsStorage = true
  var userSeconds = 0.0
  var systemSeconds = 0.0
  var readBytes: UInt64 = 0
  var writtenBytes: UInt64 = 0
}

/// The usage of one service.
final class UsageAccount: Sendable {
  private struct Account {
    /// The present run; nil while there is none.
    var run: (key: RunKey, pid: Int32)?
    /// The usage of ended runs.
    var ended = ServiceUsage()
    /// The usage of an adopted run before its first reading, which is not counted.
    var before = Before.nothing
    /// The highest readings of the present run: a tree's sum can shrink when one of its processes ends unreaped by the others.
    var present = ServiceUsage()
    var trend = UsageTrend()

    mutating func begin(_ key: RunKey, _ identity: ProcessIdentity) {
      run = (key, identity.pid)
      present.tree = nil
    }

    var total: ServiceUsage {
      ServiceUsage(
        tree: present.tree, isHidden: present.isHidden, knowsStorage: ended.knowsStorage && present.knowsStorage,
        userSeconds: ended.userSeconds + present.userSeconds,
        systemSeconds: ended.systemSeconds + present.systemSeconds, readBytes: ended.readBytes + present.readBytes,
        writtenBytes: ended.writtenBytes + present.writtenBytes)
    }
  }

  private enum Before {
    case nothing, unread
    case used(ServiceUsage)
  }

  private let account = Mutex(Account())

  /// The service's usage over all runs.
  var total: ServiceUsage {
    account.withLock { $0.total }
  }

  /// The usage of the last minutes.
  /// - Parameter time: Since the moment from which `sample` counts.
  func trend(at time: Duration) -> [UsageTrend.Sample?] {
    account.withLock { $0.trend.samples(at: time) }
  }

  /// The main process of the present run.
  var run: (key: RunKey, pid: Int32)? {
    account.withLock { $0.run }
  }

  func started(_ key: RunKey, _ identity: ProcessIdentity) {
    account.withLock {
      $0.begin(key, identity)
      $0.before = .nothing
    }
  }

  /// Counts a run that an earlier Stoker started from now on.
  func adopted(_ key: RunKey, _ identity: ProcessIdentity) {
    account.withLock {
      $0.begin(key, identity)
      $0.before = .unread
    }
  }

  /// Ends the run; `resources` is the kernel's own account of its main process and of the children that it reaped.
  func ended(_ key: RunKey, _ resources: ResourceUsage) {
    account.withLock { account in
      guard account.run?.key == key else { return }
      if case .nothing = account.before {
        account.present.userSeconds = max(account.present.userSeconds, resources.userSeconds)
        account.present.systemSeconds = max(account.present.systemSeconds, resources.systemSeconds)
      }
      account.ended = account.total
      account.present = ServiceUsage()
      account.run = nil
    }
  }

  /// Keeps the reading that was just taken for the trend.
  /// - Parameter time: Since a moment that stays the same.
  func sample(at time: Duration) {
    account.withLock { account in
      let total = account.total
      let seconds = total.userSeconds + total.systemSeconds
      if account.run == nil { return account.trend.rest(seconds, at: time) }
      guard !total.isHidden, let tree = total.tree else { return }
      account.trend.note(seconds, memory: tree.residentBytes, descriptors: tree.descriptors?.open, at: time)
    }
  }

  /// Takes a reading of the run's process tree.
  func note(_ key: RunKey, _ tree: TreeUsage) {
    account.withLock { account in
      guard account.run?.key == key else { return }
      guard !tree.unread.contains(.processes) else {
        account.present.tree = nil
        account.present.isHidden = true
        return account.present.knowsStorage = false
      }
      let used = ServiceUsage(
        tree: tree, userSeconds: tree.userSeconds, systemSeconds: tree.systemSeconds,
        readBytes: tree.storage?.read ?? account.present.readBytes,
        writtenBytes: tree.storage?.written ?? account.present.writtenBytes)
      if case .unread = account.before { account.before = .used(used) }
      var before = ServiceUsage()
      if case .used(let usage) = account.before { before = usage }
      let present = account.present
      account.present = ServiceUsage(
        tree: tree, knowsStorage: tree.storage != nil, userSeconds: max(present.userSeconds, used.userSeconds - before.userSeconds),
        systemSeconds: max(present.systemSeconds, used.systemSeconds - before.systemSeconds),
        readBytes: max(present.readBytes, used.readBytes - min(used.readBytes, before.readBytes)),
        writtenBytes: max(present.writtenBytes, used.writtenBytes - min(used.writtenBytes, before.writtenBytes)))
    }
  }
}
