// The `traceparent` field of a request (W3C Trace Context, 3.2).

/// The trace that a request belongs to, and whether it is recorded.
struct TraceParent {
  /// The trace's 32 hexadecimal digits; nil where it is not recorded, so that a reference to it would lead nowhere.
  let sampledTrace: String?

  /// Reads `00-TRACE-PARENT-FLAGS`; nil for anything else. A later version may have more behind the flags.
  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0] != "ff", parts[0] != "00" || parts.count == 4 else { return nil }
    for (part, length) in zip(parts, [2, 32, 16, 2]) where part.utf8.count != length || !part.utf8.allSatisfy(Self.isDigit) { return nil }
    guard parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }) else { return nil }
    let flags = UInt8(parts[3], radix: 16) ?? 0
    sampledTrace = flags & 1 == 1 ? String(parts[1]) : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
