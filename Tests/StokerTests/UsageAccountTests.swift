// The usage of a service over its runs: known, unknown, never a 0 that nobody read.

import Orchestration
import Testing

@testable import Processes
@testable import Stoker

@Suite struct UsageAccountTests {
  private let account = UsageAccount()
  private let first = RunKey(owner: "dao", run: 1)
  private let second = RunKey(owner: "dao", run: 2)
  private let identity = ProcessIdentity(pid: 10, startTime: 7)

  private func tree(_ change: (inout TreeUsage) -> Void = { _ in }) -> TreeUsage {
    var tree = TreeUsage()
    (tree.processes, tree.residentBytes, tree.userSeconds) = (1, 4096, 2)
    tree.storage = TreeUsage.Storage(read: 5, written: 6)
    change(&tree)
    return tree
  }

  @Test("without a process all is 0; of a process that was not read yet nothing is known")
  func unread() {
    #expect(account.total.tree == TreeUsage() && account.total.tree?.descriptors?.open == 0)
    account.started(first, identity)
    #expect(account.total.tree == nil && !account.total.isHidden && account.total.knowsStorage)
    account.note(first, tree())
    #expect(account.total.tree?.residentBytes == 4096 && account.total.readBytes == 5)
    account.ended(first, ResourceUsage())
    #expect(account.total.tree == TreeUsage() && account.total.readBytes == 5 && account.total.userSeconds == 2)
  }

  @Test("bytes from and to storage are unknown while they cannot be read, and after a run that ended so")
  func storage() {
    account.started(first, identity)
    account.note(first, tree())
    account.note(first, tree { $0.storage = nil })
    #expect(!account.total.knowsStorage && account.total.tree?.residentBytes == 4096)
    account.note(first, tree())
    #expect(account.total.knowsStorage && account.total.writtenBytes == 6)
    account.note(first, tree { $0.storage = nil })
    account.ended(first, ResourceUsage())
    account.started(second, identity)
    account.note(second, tree())
    #expect(!account.total.knowsStorage)
  }

  @Test("of processes that cannot be seen nothing is known until they end")
  func hidden() {
    account.started(first, identity)
    account.note(first, tree())
    account.note(first, tree { $0.unread = [.processes] })
    #expect(account.total.tree == nil && account.total.isHidden && !account.total.knowsStorage)
    account.ended(first, ResourceUsage())
    #expect(account.total.tree == TreeUsage() && !account.total.isHidden && account.total.userSeconds == 2)
  }

  @Test("a start of counts never lies in the future, and does not come back when the clock does")
  func starts() {
    let start = CountStart(Timestamp(nanoseconds: 500))
    #expect(start.time(at: Timestamp(nanoseconds: 900)).nanoseconds == 500)
    #expect(start.time(at: Timestamp(nanoseconds: 300)).nanoseconds == 300)
    #expect(start.time(at: Timestamp(nanoseconds: 900)).nanoseconds == 300)
  }
}
