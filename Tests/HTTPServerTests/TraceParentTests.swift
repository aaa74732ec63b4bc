// The `traceparent` field of a request: valid and invalid ones.

import Testing

@testable import HTTPServer

@Suite("Trace parent")
struct TraceParentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let parent = "00f067aa0ba902b7"

  @Test("a trace is known where it is recorded", arguments: ["00", "01", "02", "03", "fe", "ff", "10", "09"])
  func flags(flags: String) throws {
    let field = try #require(TraceParent("00-\(Self.trace)-\(Self.parent)-\(flags)"))
    let isRecorded = ["01", "03", "ff", "09"].contains(flags)
    #expect(field.sampledTrace == (isRecorded ? Self.trace : nil))
  }

  @Test(
    "a later version may have more behind the flags",
    arguments: ["01-\(trace)-\(parent)-01", "cc-\(trace)-\(parent)-01-what-the-future-will-be-like", "fe-\(trace)-\(parent)-01-"])
  func later(text: String) {
    #expect(TraceParent(text)?.sampledTrace == Self.trace)
  }

  @Test(
    "anything else is no trace",
    arguments: [
      // Too few parts, too many, none.
      "", "-", "---", "----", "00", "00-\(trace)", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-01-", "00-\(trace)-\(parent)-01-00",
      // A version that is forbidden, or none.
      "ff-\(trace)-\(parent)-01", "0-\(trace)-\(parent)-01", "000-\(trace)-\(parent)-01", "-\(trace)-\(parent)-01",
      "zz-\(trace)-\(parent)-01",
      // Nothing but zeros.
      "00-00000000000000000000000000000000-\(parent)-01", "00-\(trace)-0000000000000000-01",
      // Lengths.
      "00-\(trace.dropLast())-\(parent)-01", "00-\(trace)0-\(parent)-01", "00-\(trace)-\(parent.dropLast())-01",
      "00-\(trace)-\(parent)0-01",
      "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-001", "00--\(parent)-01", "01-\(trace)-\(parent)-01.what",
      // Characters.
      "00-\(trace.uppercased())-\(parent)-01", "00-\(trace)-\(parent.uppercased())-01", "00-\(trace)-\(parent)-0A",
      "FE-\(trace)-\(parent)-01",
      "00-\(trace.dropLast())g-\(parent)-01", "00-\(trace.dropLast())é-\(parent)-01", "00-\(trace.dropLast(2))é-\(parent)-01",
      "00-\(trace.dropLast())٣-\(parent)-01", "00-\(trace)-\(parent)-+1", "00-\(trace)-\(parent)-0x", "00-\(trace)-\(parent)- 1",
      " 00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01 ", "00-\(trace)-\(parent)-01\n", "00_\(trace)_\(parent)_01",
      "00-\(trace)\u{0}-\(parent)-01",
      // Two fields joined.
      "00-\(trace)-\(parent)-01,00-\(trace)-\(parent)-01",
    ])
  func none(text: String) {
    #expect(TraceParent(text) == nil)
  }
}
