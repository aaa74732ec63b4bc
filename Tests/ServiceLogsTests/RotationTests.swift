// The rotation and packing of files.

import Glibc
import Linux
import TestSupport
import Testing

@Suite struct RotationTests {
  @Test("rotation loses no line and doubles none, keeps to the size and packs old files", arguments: [false, true])
  func rotation(timestamps: Bool) async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 10_000, maxFiles: 100, timestamps: timestamps)
    let count = 20_000
    try await log.say((0..<count / 2).map { "line \($0)\n" }.joined(), run: 1)
    try await log.say((count / 2..<count).map { "line \($0)\n" }.joined(), run: 2)
    // After the end all packing is done.
    try await rig.end()
    let lines = try rig.everything().split(separator: "\n")
    let numbers = lines.map { timestamps ? $0.dropFirst(25) : $0 }.compactMap { Int($0.dropFirst("line ".count)) }
    if timestamps {
      // More than a hundred files: the oldest are gone, the rest has no gap.
      #expect(numbers == Array(count - numbers.count..<count))
      #expect(names(in: "\(rig.folder.path)/logs").count == 100 - (numbers.count == count ? 1 : 0) || numbers.count == count)
    } else {
      #expect(numbers == Array(0..<count))
    }
    for name in names(in: "\(rig.folder.path)/logs") {
      var status = stat()
      #expect(stat("\(rig.folder.path)/logs/\(name)", &status) == 0 && status.st_size <= 10_000 && status.st_mode & 0o777 == 0o600)
      #expect(name.hasSuffix(".gz") == (name != "dao.log" && name != "dao.log.1"), "\(name)")
    }
  }

  @Test("no more files are kept than asked for", arguments: [1, 2, 3])
  func fileCount(_ maxFiles: Int) async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 1000, maxFiles: maxFiles)
    try await log.say((0..<2000).map { "line \($0)\n" }.joined())
    try await rig.end()
    #expect(names(in: "\(rig.folder.path)/logs") == Array(["dao.log", "dao.log.1", "dao.log.2.gz"].prefix(maxFiles)))
    let numbers = try rig.everything().split(separator: "\n").compactMap { Int($0.dropFirst("line ".count)) }
    #expect(numbers == Array(2000 - numbers.count..<2000))
  }

  @Test("rotation continues an earlier collector's, loses no line and doubles none")
  func restart() async throws {
    let folder = try Folder()
    let logs = "\(folder.path)/logs"
    let count = 3000
    func text(_ numbers: Range<Int>) -> String { numbers.map { "line \($0) \(String(repeating: "x", count: 90))\n" }.joined() }
    for part in 0..<3 {
      let rig = try LogRig(folder: folder)
      let log = try rig.open(maxSize: 1000, maxFiles: 1000)
      try await log.say(text(part * count / 3..<(part + 1) * count / 3))
      try await rig.end()
    }
    let rig = try LogRig(folder: folder)
    #expect(try rig.everything() == text(0..<count))
    let files = names(in: logs)
    #expect(files.count >= 300)
    #expect(files.filter { !$0.hasSuffix(".gz") } == ["dao.log", "dao.log.1"])
  }

  @Test("files of a killed packer are put in order: a file with a packed copy is removed, and an unfinished copy too")
  func killedPacker() async throws {
    let rig = try LogRig()
    let logs = "\(rig.folder.path)/logs"
    let log = try rig.open(maxFiles: 6)
    for (name, text) in [("1", "f"), ("2", "e"), ("3", "d"), ("4", "c")] { _ = try rig.folder.write("logs/dao.log.\(name)", "\(text)\n") }
    _ = try rig.folder.write("logs/dao.log.gz.tmp", "half")
    try #require(system("cd '\(logs)' && gzip -k dao.log.3") == 0)
    try await log.say("g\n")
    try await eventually("the packing") {
      names(in: logs) == ["dao.log", "dao.log.1", "dao.log.2.gz", "dao.log.3.gz", "dao.log.4.gz"]
    }
    #expect(try rig.everything() == "c\nd\ne\nf\ng\n")
  }

  @Test("a line that is longer than a file is split over several")
  func longLine() async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 1000, maxFiles: 100)
    let text = "short\n" + String(repeating: "0123456789", count: 1234) + "\nshort again\n"
    try await log.say(text)
    try await rig.end()
    #expect(try rig.everything() == text)
  }

  @Test(
    "a flood that is put aside faster than it can be packed leaves the newest lines, and no more files than asked for",
    .timeLimit(.minutes(10)))
  func floodOfFiles() async throws {
    let rig = try LogRig()
    let log = try rig.open(maxSize: 20_000, maxFiles: 7)
    let count = 100_000
    for part in 0..<10 {
      try await log.say((part * count / 10..<(part + 1) * count / 10).map { "line \($0)\n" }.joined())
      #expect(names(in: "\(rig.folder.path)/logs").filter { !$0.hasSuffix(".tmp") }.count <= 8)
    }
    try await rig.end()
    let numbers = try rig.everything().split(separator: "\n").map { Int($0.dropFirst(5)) }
    #expect(numbers == Array(count - numbers.count..<count) && numbers.count >= 7000)
    #expect(names(in: "\(rig.folder.path)/logs").filter { $0.hasSuffix(".gz") }.count == 5)
  }
}
