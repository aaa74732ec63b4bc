// Files with random damage: read or refused, never worse.
import Glibc
import Testing

@testable import ServiceFile

/// `make fuzz` reads more, and from another seed on.
@Suite("Damaged files")
struct DamagedFileTests {
  private static let count = number("FILES") ?? 1000
  private static let seed = number("SEED") ?? 1
  private static let parts = 20

  @Test("a file with random damage is read, or refused with places inside the file; soon, and with few words", arguments: 0..<parts)
  func damage(part: Int) throws {
    let originals = try Self.originals()
    var slowest = (seconds: 0.0, seed: 0)
    for seed in stride(from: Self.seed + part, to: Self.seed + Self.count, by: Self.parts) {
      var damage = Damage(seed: UInt64(seed), originals)
      let bytes = damage.file()
      let before = Self.threadTime()
      check(bytes, seed)
      let seconds = Self.threadTime() - before
      if seconds > slowest.seconds { slowest = (seconds, seed) }
    }
    // A thousand times what the slowest of 50,000 took: processor time, which does not pass while others run.
    #expect(slowest.seconds < 20, "seed \(slowest.seed) took \(slowest.seconds) s")
    guard Self.count > 1000 else { return }
    let mebibytes = Self.mostMemory()
    #expect(mebibytes < 512)
    print("part \(part): the slowest is seed \(slowest.seed) with \(slowest.seconds) s; at most \(mebibytes) MiB of memory so far")
  }

  private func check(_ bytes: [UInt8], _ seed: Int) {
    // Also the breaks that YAML 1.1 has beyond these, at most one for two bytes.
    let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") || $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 } + 2
    do throws(ServiceFileError) {
      let file = try ServiceFile.read(bytes, file: "f", path: "/f", environment: ["HOME": "/h"])
      _ = ServiceFileDiff(from: file, to: file)
    } catch {
      #expect(!error.diagnostics.isEmpty, "seed \(seed)")
      #expect(error.diagnostics.allSatisfy { (1...lines).contains($0.line) && $0.column >= 1 }, "seed \(seed): \(error)")
      #expect(!error.diagnostics.contains { $0.message.isEmpty }, "seed \(seed): \(error)")
      #expect(!error.description.utf8.contains { $0 < 0x20 && $0 != 0x0A }, "seed \(seed): a control character in: \(error)")
      #expect(error.description.utf8.count < 1 << 20, "seed \(seed): \(error.diagnostics.count) faults")
    }
  }

  /// The files of the tests, and those that are shipped.
  private static func originals() throws -> [[UInt8]] {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let shipped = try ["examples/fog/stoker.yaml", "examples/container/stoker.yaml", "Sources/Shipped/Files/new-service-file.yaml"].map {
      try FileContents.read("\(root)/\($0)", limit: 1 << 20)
    }
    return [CompleteFileTests.text, GoldenErrorsTests.text].map { Array($0.utf8) } + shipped
  }

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }

  /// The most that this process has had in RAM.
  private static func mostMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  /// The processor time of this thread, in seconds.
  private static func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Damages files, in the same way for the same seed.
private struct Damage {
  private var random: Generator
  private let originals: [[UInt8]]

  private static let letters = Array("{}[]:,-&*!|>'\"%@`#?$~\n\t 0a<.\\".utf8) + [0x00, 0x85, 0xC3, 0xE2, 0xFF]
  /// Parts with a meaning for YAML or for one of our readers.
  private static let words: [[UInt8]] = [
    "9223372036854775808", "-1", "1e999", "0x7fffffff", "99999999999d", "1h1h", "0.0000001s", "16EiB", "-0", "nan", "null", "yes", "''",
    "${", "${A}", "${A:-${B:-c}}", "$$", "~/", "/../..", "<<: *x", "&x {a: *x}", "*x", "&x ", "!!binary ", "!!str ", "? ", "---\n", "...\n",
    "%YAML 1.1\n", "{a: {a: {a: {a: ", "[[[[[[[[", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{202E}", "\"\\u0000\"", "\"\\ud800\"", "|2\n",
    ">-\n", "services:\n", "defaults:\n", "depends_on: [a, a]", "layer: 2147483648", "(a*)*b", "[z-a]", "http://[::1]:99999/", "unix:",
    "127.0.0.1:0", "user: 4294967295", "nofile: 18446744073709551616", "SIGRTMIN+99", "1-599", "599-1",
  ].map { Array($0.utf8) }

  init(seed: UInt64, _ originals: [[UInt8]]) {
    random = Generator(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
    self.originals = originals
  }

  mutating func file() -> [UInt8] {
    var bytes = originals[below(originals.count)]
    for _ in 0...below(6) { damage(&bytes) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return bytes = [Self.letters[below(Self.letters.count)]] }
    let position = below(bytes.count)
    switch below(10) {
    case 0: bytes[position] = Self.letters[below(Self.letters.count)]
    case 1: bytes.insert(Self.letters[below(Self.letters.count)], at: position)
    case 2: bytes.removeSubrange(position..<min(bytes.count, position + 1 + below(20)))
    case 3: bytes.swapAt(position, below(bytes.count))
    case 4: bytes.insert(contentsOf: Self.words[below(Self.words.count)], at: position)
    case 5: replaceValue(in: &bytes, from: position)
    // A line once more, elsewhere: a key twice, or one where it does not belong.
    case 6: bytes.insert(contentsOf: line(of: bytes, at: position), at: start(of: bytes, at: below(bytes.count)))
    case 7: bytes.removeSubrange(line(of: bytes, at: position).indices)
    // Another depth for a line.
    case 8: bytes.insert(contentsOf: Array(repeating: UInt8(ascii: " "), count: 1 + below(8)), at: start(of: bytes, at: position))
    default:
      let other = originals[below(originals.count)]
      bytes = Array(bytes[..<position] + other[start(of: other, at: below(other.count))...])
    }
  }

  /// Replaces what stands between a colon and the end of its line.
  private mutating func replaceValue(in bytes: inout [UInt8], from position: Int) {
    guard let colon = bytes[position...].firstIndex(of: UInt8(ascii: ":")) else { return }
    let end = bytes[colon...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    bytes.replaceSubrange(colon..<end, with: Array(": ".utf8) + Self.words[below(Self.words.count)])
  }

  private func start(of bytes: [UInt8], at position: Int) -> Int {
    bytes[..<position].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
  }

  private func line(of bytes: [UInt8], at position: Int) -> ArraySlice<UInt8> {
    let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    return bytes[start(of: bytes, at: position)..<end]
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
}

/// A generator that gives the same numbers for the same seed.
private struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
