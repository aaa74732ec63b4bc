// Files with random damage: read or refused, never worse.
import Testing

@testable import ServiceFile

@Suite("Damaged files")
struct DamagedFileTests {
  @Test("a file with random damage is read, or refused with places inside the file", arguments: 0..<20)
  func damage(seed: Int) {
    var random = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    let texts = [CompleteFileTests.text, GoldenErrorsTests.text].map { Array($0.utf8) }
    let letters = Array("{}[]:,-&*!|>'\"%@`#?$~\n\t 0a<.\\".utf8) + [0x00, 0xC3, 0xFF]
    for _ in 0..<25 {
      var bytes = texts[below(2)]
      for _ in 0...below(6) {
        let position = below(bytes.count)
        switch below(4) {
        case 0: bytes[position] = letters[below(letters.count)]
        case 1: bytes.insert(letters[below(letters.count)], at: position)
        case 2: bytes.removeSubrange(position..<min(bytes.count, position + 1 + below(20)))
        default: bytes.swapAt(position, below(bytes.count))
        }
      }
      let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 2
      do throws(ServiceFileError) {
        _ = try ServiceFile.read(bytes, file: "f", path: "/f", environment: ["HOME": "/h"])
      } catch {
        #expect(!error.diagnostics.isEmpty)
        #expect(error.diagnostics.allSatisfy { (1...lines).contains($0.line) && $0.column >= 1 }, "\(error)")
        #expect(!error.description.utf8.contains { $0 < 0x20 && $0 != 0x0A }, "a control character in: \(error)")
      }
    }
  }
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
