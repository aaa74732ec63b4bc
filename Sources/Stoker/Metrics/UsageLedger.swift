// What services use, over all their runs: live readings of the process trees, and what ended runs used in all.

import Processes
import Synchronization

/// A service's use of the machine. The sums never step down: what a run used is added for good at its end.
struct ServiceUsage: Sendable {
  /// The last reading of the present tree; empty while there is none.
  var tree = TreeUsage()
  var userSeconds = 0.0
  var systemSeconds = 0.0
  var readBytes: UInt64 = 0
  var writtenBytes: UInt64 = 0
}

/// The usage of all services.
final class UsageLedger: Sendable {
  private struct Account {
    /// The present run; nil while there is none.
    var run: (key: RunKey, pid: Int32)?
    /// What ended runs have used.
    var ended = ServiceUsage()
    /// The highest readings of the present run: a tree's sum can shrink when one of its processes ends unreaped by the others.
    var present = ServiceUsage()

    var total: ServiceUsage {
      ServiceUsage(
        tree: present.tree, userSeconds: ended.userSeconds + present.userSeconds,
        systemSeconds: ended.systemSeconds + present.systemSeconds, readBytes: ended.readBytes + present.readBytes,
        writtenBytes: ended.writtenBytes + present.writtenBytes)
    }
  }

  private let accounts: Mutex<[Account]>

  init(count: Int) {
    accounts = Mutex(Array(repeating: Account(), count: count))
  }

  /// What each service has used, by its index.
  var totals: [ServiceUsage] {
    accounts.withLock { $0.map(\.total) }
  }

  func started(_ key: RunKey, _ identity: ProcessIdentity) {
    accounts.withLock { $0[Int(key.owner)].run = (key, identity.pid) }
  }

  /// The run is over; `resources` is the kernel's own account of its main process and what that has reaped.
  func ended(_ key: RunKey, _ resources: ResourceUsage) {
    accounts.withLock { accounts in
      var account = accounts[Int(key.owner)]
      guard account.run?.key == key else { return }
      account.present.userSeconds = max(account.present.userSeconds, resources.userSeconds)
      account.present.systemSeconds = max(account.present.systemSeconds, resources.systemSeconds)
      account.ended = account.total
      account.present = ServiceUsage()
      account.run = nil
      accounts[Int(key.owner)] = account
    }
  }

  /// The main processes of the present runs.
  var roots: [RunKey: Int32] {
    accounts.withLock { accounts in
      var roots: [RunKey: Int32] = [:]
      for account in accounts {
        if let run = account.run { roots[run.key] = run.pid }
      }
      return roots
    }
  }

  func note(_ readings: [RunKey: TreeUsage]) {
    accounts.withLock { accounts in
      for (key, tree) in readings where accounts[Int(key.owner)].run?.key == key {
        let present = accounts[Int(key.owner)].present
        accounts[Int(key.owner)].present = ServiceUsage(
          tree: tree, userSeconds: max(present.userSeconds, tree.userSeconds),
          systemSeconds: max(present.systemSeconds, tree.systemSeconds),
          readBytes: max(present.readBytes, tree.ioReadBytes), writtenBytes: max(present.writtenBytes, tree.ioWriteBytes))
      }
    }
  }
}
