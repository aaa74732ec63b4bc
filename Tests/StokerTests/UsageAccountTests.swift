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

@Suite struct UsageTrendTests {
  private func seconds(_ number: Double) -> Duration { .seconds(number) }

  @Test("an interval has the last reading in it, and the load since the interval before; where nothing was read is a gap")
  func samples() {
    var trend = UsageTrend()
    #expect(trend.samples(at: seconds(5)).isEmpty)
    trend.note(1, memory: 4096, descriptors: 7, at: seconds(12))
    trend.note(2, memory: 8192, descriptors: nil, at: seconds(14))
    #expect(trend.samples(at: seconds(14)) == [UsageTrend.Sample(load: 50, memory: 8192, descriptors: nil)])
    trend.note(3, memory: 4096, descriptors: 7, at: seconds(34))
    let found = trend.samples(at: seconds(49))
    #expect(found.map { $0?.load } == [50, nil, 5, nil] && found.map { $0 == nil } == [false, true, false, true])
    #expect(found[2]?.memory == 4096 && found[2]?.descriptors == 7)
  }

  @Test("the last 90 intervals are kept, and a reading that is late, or comes after a long time, breaks nothing")
  func bound() {
    var trend = UsageTrend()
    // After a time without a process, the load counts from the last reading that found none.
    trend.rest(0, at: seconds(0))
    trend.note(0, memory: 0, descriptors: 0, at: seconds(5))
    trend.note(5, memory: 0, descriptors: 0, at: seconds(15))
    trend.rest(6, at: seconds(25))
    trend.rest(6, at: seconds(45))
    trend.note(8, memory: 0, descriptors: 0, at: seconds(49))
    #expect(trend.samples(at: seconds(49)).map { $0?.load } == [nil, 50, nil, nil, 50])
    trend = UsageTrend()
    for slot in 0..<200 { trend.note(Double(slot), memory: UInt64(slot) << 20, descriptors: slot, at: seconds(Double(slot * 10))) }
    let kept = trend.samples(at: seconds(1999))
    #expect(kept.count == UsageTrend.kept && kept.first??.descriptors == 110 && kept.last??.descriptors == 199)
    trend.note(0, memory: 0, descriptors: 0, at: seconds(3))
    #expect(trend.samples(at: seconds(1999)) == kept)
    #expect(trend.samples(at: seconds(1e6)).isEmpty)
    trend.note(1e9, memory: .max, descriptors: .max, at: seconds(1e6))
    #expect(trend.samples(at: seconds(1e6)).count == 1 && trend.samples(at: seconds(1e6))[0]?.descriptors == Int(Int32.max))
  }

  @Test("a service without processes, or whose processes cannot be seen, has no sample")
  func account() {
    let account = UsageAccount()
    let key = RunKey(owner: "dao", run: 1)
    account.sample(at: .zero)
    account.started(key, ProcessIdentity(pid: 10, startTime: 7))
    account.sample(at: .zero)
    #expect(account.trend(at: .zero).isEmpty)
    var tree = TreeUsage()
    tree.residentBytes = 4096
    account.note(key, tree)
    account.sample(at: .zero)
    account.ended(key, ResourceUsage())
    account.sample(at: seconds(10))
    #expect(account.trend(at: seconds(15)).map { $0?.memory } == [4096, nil])
  }
}
