// Counters across the sudden end of their writer.

import Glibc
import Linux
import Testing

@testable import Journal

@Suite struct LedgerTests {
  private let folder: Folder
  private let columns = (0..<40).map { "column \($0)" }

  init() throws { folder = try Folder() }

  private func ledger(_ columns: [String]? = nil) throws -> Ledger {
    try Ledger(named: name, columns: columns ?? self.columns)
  }

  private var name: String { "/\(folder.path.split(separator: "/").last ?? "")" }

  private func values(_ value: UInt64) -> [UInt64] { Array(repeating: value, count: columns.count) }

  private var file: String { "/dev/shm" + name }

  @Test func aSuccessorFindsWhatWasWrittenLast() throws {
    var first: Ledger? = try ledger()
    #expect(first?.read() == [:])
    for name in ["a", "b"] {
      for value in 1...7 as ClosedRange<UInt64> { try first?.write(values(value), to: first?.slot(for: name) ?? 0) }
    }
    #expect(try first?.slot(for: "c") == 2)
    first = nil
    let second = try ledger()
    defer { second.close() }
    #expect(second.read() == ["a": values(7), "b": values(7), "c": values(0)])
    // The second ledger goes on where the first one ended.
    second.write(values(8), to: try second.slot(for: "a"))
    #expect(second.read()["a"] == values(8))
    #expect(second.read()["b"] == values(7))
  }

  @Test func aServiceThatIsRemovedIsGoneAndItsPlaceIsUsedAgain() throws {
    let first = try ledger()
    defer { first.close() }
    let slot = try first.slot(for: "a")
    first.write(values(5), to: slot)
    _ = try first.slot(for: "b")
    first.remove("a")
    first.remove("nobody")
    #expect(try ledger().read() == ["b": values(0)])
    #expect(try first.slot(for: "c") == slot)
    #expect(try ledger().read() == ["b": values(0), "c": values(0)])
  }

  @Test func itGrowsWithItsServices() throws {
    let first = try ledger()
    defer { first.close() }
    for number in 1...1000 as ClosedRange<UInt64> { first.write(values(number), to: try first.slot(for: "service \(number)")) }
    for number in 1...1000 as ClosedRange<UInt64> { first.write(values(number + 1), to: try first.slot(for: "service \(number)")) }
    let found = try ledger().read()
    #expect(found.count == 1000)
    for number in 1...1000 as ClosedRange<UInt64> { #expect(found["service \(number)"] == values(number + 1)) }
  }

  @Test func namesHaveUpToSixtyThreeBytes() throws {
    let ledger = try ledger()
    defer { ledger.close() }
    let longest = String(repeating: "é", count: 31) + "x"
    _ = try ledger.slot(for: longest)
    #expect(ledger.read().keys.first == longest)
    #expect(throws: LedgerError.nameTooLong(longest + "y")) { try ledger.slot(for: longest + "y") }
    #expect(throws: LedgerError.nameTooLong("")) { try ledger.slot(for: "") }
  }

  @Test func anEndInOrderLeavesNothing() throws {
    let first = try ledger()
    first.write(values(1), to: try first.slot(for: "a"))
    #expect(access(file, F_OK) == 0)
    first.close()
    #expect(access(file, F_OK) != 0)
    let second = try ledger()
    defer { second.close() }
    #expect(second.read() == [:])
  }

  @Test func onlyItsUserMayOpenIt() throws {
    let first = try ledger()
    defer { first.close() }
    var status = stat()
    #expect(stat(file, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    chmod(file, 0o644)
    #expect(throws: LedgerError.notOurs(name: name)) { try ledger() }
  }

  @Test func aLinkIsNotFollowed() throws {
    try folder.write([1], to: "target")
    symlink("\(folder.path)/target", file)
    defer { unlink(file) }
    #expect(throws: LedgerError.self) { try ledger() }
    #expect(folder.bytes("target") == [1])
  }

  @Test func otherColumnsBeginItAnew() throws {
    let first = try ledger()
    first.write(values(1), to: try first.slot(for: "a"))
    var renamed = columns
    renamed[3] = "another"
    let second = try ledger(renamed)
    defer { second.close() }
    #expect(second.read() == [:])
    // The first one's memory is its own now, separate from the second one's.
    first.write(values(2), to: try first.slot(for: "a"))
    #expect(second.read() == [:])
  }

  @Test func columnsOfAnEarlierVersionAreTakenOverByName() throws {
    let former = [["b", "gone", "a"], ["a"]]
    for (index, old) in former.enumerated() {
      for place in [name, name + "-1"] {
        let first = try Ledger(named: place, columns: old)
        first.write((1...UInt64(old.count)).map { $0 }, to: try first.slot(for: "dao"))
        let second = try Ledger(named: name, former: [name + "-1"], columns: ["a", "new", "b"], formerColumns: former)
        #expect(second.read() == ["dao": index == 0 ? [3, 0, 1] : [1, 0, 0]])
        let third = try Ledger(named: name, columns: ["a", "new", "b"], formerColumns: former)
        #expect(third.read() == second.read(), "it has the present columns from now on")
        third.close()
      }
    }
  }

  @Test(arguments: [0, 8, 16, 24, 60]) func anotherBootOrAHeaderThatIsNotOursGivesANewLedger(offset: Int) throws {
    let first = try ledger()
    first.write(values(1), to: try first.slot(for: "a"))
    let shared = open(file, O_RDWR)
    defer { close(shared) }
    var byte: UInt8 = 0
    #expect(pread(shared, &byte, 1, off_t(offset)) == 1)
    byte ^= 1
    #expect(pwrite(shared, &byte, 1, off_t(offset)) == 1)
    let second = try ledger()
    defer { second.close() }
    #expect(second.read() == [:])
  }

  @Test(arguments: [0, 1, 127, 129, 1000]) func aSizeThatIsNotOursGivesANewLedger(size: Int) throws {
    let first = try ledger()
    first.write(values(1), to: try first.slot(for: "a"))
    #expect(truncate(file, off_t(size)) == 0)
    let second = try ledger()
    defer { second.close() }
    #expect(second.read() == [:])
  }

  @Test func whatAPredecessorKeptUnderAnotherNameIsTakenOver() throws {
    let former = [name + "-1", name + "-2", name + "-3"]
    for (index, name) in former.enumerated() {
      // The last one has other columns.
      let ledger = try Ledger(named: name, columns: index == 2 ? ["other"] : columns)
      let slot = try ledger.slot(for: "a")
      if index < 2 {
        ledger.write(values(UInt64(index) + 1), to: slot)
        ledger.write(values(9), to: try ledger.slot(for: "only \(index)"))
      }
    }
    let second = try Ledger(named: name, former: former, columns: columns)
    #expect(second.read() == ["a": values(1), "only 0": values(9), "only 1": values(9)])
    for name in former { #expect(access("/dev/shm" + name, F_OK) != 0) }
    second.close()
  }

  @Test(.enabled(if: geteuid() == 0)) func whatAnotherUserPutThereIsLeftAlone() throws {
    let former = name + "-1"
    let (theirs, ours) = ("/dev/shm" + former, "/dev/shm" + name)
    defer {
      unlink(theirs)
      unlink(ours)
    }
    close(open(theirs, O_CREAT | O_RDWR, 0o600))
    chown(theirs, 65534, 65534)
    let first = try Ledger(named: name, former: [former], columns: columns)
    #expect(access(theirs, F_OK) == 0)
    first.close()
    close(open(ours, O_CREAT | O_RDWR, 0o600))
    chown(ours, 65534, 65534)
    #expect(throws: LedgerError.notOurs(name: name)) { try ledger() }
  }

  @Test func nothingThatIsInTheMemoryEndsTheProgram() throws {
    var first: Ledger? = try ledger()
    for service in ["a", "b", "c", "d", "e"] { try first?.write(values(3), to: first?.slot(for: service) ?? 0) }
    first = nil
    let shared = open(file, O_RDWR)
    defer { close(shared) }
    let slot = LedgerLayout(columns: columns, bootID: []).slotBytes
    func put(_ bytes: [UInt8], _ index: Int, _ offset: Int) {
      #expect(pwrite(shared, bytes, bytes.count, off_t(LedgerLayout.headerBytes + index * slot + offset)) == bytes.count)
    }
    // A name that is no text, one without an end, the name of another one, a value that cannot be added to, and a number that is the last.
    put([0xff, 0xfe], 0, 8)
    put(Array(repeating: 0x61, count: LedgerLayout.nameBytes), 1, 8)
    put(Array("d".utf8), 2, 8)
    put(Array(repeating: 0xff, count: 8), 3, 8 + LedgerLayout.nameBytes + 8 * columns.count)
    put(Array(repeating: 0xff, count: 8), 3, 8 + LedgerLayout.nameBytes)
    put(Array(repeating: 0xff, count: 8), 4, 0)
    let second = try ledger()
    defer { second.close() }
    #expect(second.read().keys.sorted() == ["d", "e"])
    second.write(values(4), to: try second.slot(for: "e"))
    second.write(values(5), to: try second.slot(for: "e"))
    #expect(second.read()["e"] == values(5))
    _ = try second.slot(for: "a")
    #expect(second.read()["a"] == values(0))
  }

  @Test func moreThanALedgerCanBeIsNotMapped() throws {
    let first = try ledger()
    first.write(values(1), to: try first.slot(for: "a"))
    #expect(truncate(file, 1 << 40) == 0)
    let second = try ledger()
    defer { second.close() }
    #expect(second.read() == [:])
  }

  @Test func theFormerNameOfADirectoryIsThatOfStoker010() throws {
    let other = try Folder()
    #expect(throws: LedgerError.noDirectory(path: "/nowhere/at/all", SystemError(errno: ENOENT))) {
      try Ledger.formerName(for: "/nowhere/at/all")
    }
    let path = folder.path + "/../" + (folder.path.split(separator: "/").last ?? "")
    #expect(try Ledger.formerName(for: folder.path) == Ledger.formerName(for: path))
    #expect(try Ledger.formerName(for: folder.path) != Ledger.formerName(for: other.path))
  }

  @Test(arguments: 0..<12) func aWriterThatIsKilledLeavesAllOfAChangeOrNothing(_: Int) async throws {
    let path = name
    // So many columns that a change takes some time.
    let columns = (0..<5000).map { "column \($0)" }
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, columns = columns as [String]] in
      let started = Bell()
      let writer = try? NativeThread("writer", isDetached: true) {
        guard let ledger = try? Ledger(named: path, columns: columns) else { exit(1) }
        var value: UInt64 = 0
        while true {
          value += 1
          for name in ["a", "b", "c"] {
            guard let slot = try? ledger.slot(for: name) else { exit(1) }
            ledger.write(Array(repeating: value, count: columns.count), to: slot)
          }
          if value == 1 { started.ring() }
          // Services are added and removed, and the ledger grows.
          if value.isMultiple(of: 100) {
            ledger.remove("b")
            if value < 2_000 { _ = try? ledger.slot(for: "more \(value)") }
          }
        }
      }
      guard writer != nil else { exit(1) }
      started.wait(until: nil)
      // A random moment for its death; the test waits for nothing here.
      usleep(UInt32.random(in: 0..<20_000))
      kill(getpid(), SIGKILL)
    }
    let successor = try ledger(columns)
    defer { successor.close() }
    let found = successor.read()
    let a = try #require(found["a"]?.first)
    #expect(a >= 1)
    for (name, values) in found where !name.hasPrefix("more ") {
      #expect(values.count == columns.count)
      #expect(Set(values).count == 1, "\(name) is torn: \(Set(values))")
      // b may have its slot and not yet its values.
      #expect([a, a - 1].contains(values[0]) || name == "b" && values[0] == 0, "\(name): \(values[0]) with \(a)")
    }
    #expect(found["c"] != nil)
  }

  @Test func aReaderDuringWritesReadsWholeChanges() async throws {
    let columns = (0..<5000).map { "column \($0)" }
    let writer = try ledger(columns)
    let slot = try writer.slot(for: "a")
    let path = name
    let bell = Bell()
    let torn = Answer<Int>()
    _ = try NativeThread("reader", isDetached: true) {
      guard let reader = try? Ledger(named: path, columns: columns) else { return torn.give(-1) }
      var count = 0
      var newest: UInt64 = 0
      bell.ring()
      while newest < 5000 {
        guard let values = reader.read()["a"], Set(values).count == 1, values[0] >= newest else {
          count += 1
          break
        }
        newest = values[0]
      }
      torn.give(count)
    }
    bell.wait(until: .now + .seconds(30))
    for value in 1...5000 as ClosedRange<UInt64> { writer.write(Array(repeating: value, count: columns.count), to: slot) }
    #expect(await torn.value(within: .seconds(30)) { -2 } == 0)
    writer.close()
  }
}
