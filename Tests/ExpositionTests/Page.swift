// Pages for tests.
import CZlib
import Synchronization
import Testing

@testable import Exposition

/// The text of a page written by a closure.
func page(_ write: (inout PageWriter) -> Void) -> String {
  var page = Page()
  page.collect(reserved: [], write)
  return page.text()
}

extension Page {
  /// The page in a format, as text.
  mutating func text(_ format: MediaType.Format = .text) -> String {
    write(Style(format: format), MediaType(format), names: nil, gzip: false).text
  }
}

extension RenderedPage {
  /// The page as text.
  var text: String { String(decoding: joined, as: UTF8.self) }

  /// The page as one array. Unlike ``bytes`` it is fast without the optimizer, which matters in tests of thousands of
  /// pages.
  var joined: [UInt8] {
    parts.reduce(into: []) { $0 += $1 }
  }
}

/// The contents of a gzip member; nil if the bytes are not exactly one whole member, or its CRC or length is wrong,
/// which zlib checks.
func gunzipped(_ bytes: [UInt8]) -> [UInt8]? {
  var input = bytes
  var output: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 64 << 10)
  var stream = z_stream()
  return input.withUnsafeMutableBufferPointer { input in
    // zlib's state points back at the stream, so the stream must not move.
    withUnsafeMutablePointer(to: &stream) { stream in
      // The whole window of 2^15, in a gzip frame (16) only.
      guard inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
      defer { inflateEnd(stream) }
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(input.count)
      while true {
        let (status, room) = part.withUnsafeMutableBufferPointer { part in
          stream.pointee.next_out = part.baseAddress
          stream.pointee.avail_out = UInt32(part.count)
          return (inflate(stream, Z_NO_FLUSH), Int(stream.pointee.avail_out))
        }
        output += part[..<(part.count - room)]
        switch status {
        case Z_OK: continue
        case Z_STREAM_END: return stream.pointee.avail_in == 0 ? output : nil
        default: return nil
        }
      }
    }
  }
}

/// Expects two pages to be equal; a failure shows only the first difference.
func expectSame(_ page: [UInt8], _ expected: [UInt8], _ place: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let isSame = page == expected
  let common = isSame ? 0 : zip(page, expected).prefix { $0 == $1 }.count
  let line = page[..<common].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
  let excerpts = [page, expected].map { String(decoding: $0[min(line, $0.count)..<min(common + 60, $0.count)], as: UTF8.self) }
  try #require(
    isSame, "\(place): at byte \(common) \(excerpts[0].debugDescription) instead of \(excerpts[1].debugDescription)",
    sourceLocation: sourceLocation)
}

/// The text of a sample line up to its value. Label values may contain blanks, values never do.
func seriesID(_ line: Substring) -> Substring {
  line[..<(line.lastIndex(of: " ") ?? line.endIndex)]
}

/// Expects a page to follow rules of Prometheus that none of its tools checks: each series once, one TYPE per family,
/// families in one piece.
func expectOrderly(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(text.isEmpty || text.hasSuffix("\n"), sourceLocation: sourceLocation)
  var series: Set<Substring> = []
  var typed: Set<Substring> = []
  var present: Substring = ""
  for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
    if line.hasPrefix("# TYPE ") {
      present = line.split(separator: " ")[2]
      #expect(typed.insert(present).inserted, "\(present) has a second TYPE line", sourceLocation: sourceLocation)
    } else if !line.hasPrefix("# HELP ") {
      #expect(line.hasPrefix(present) && !present.isEmpty, "\(line) does not stand under its family", sourceLocation: sourceLocation)
      #expect(series.insert(seriesID(line)).inserted, "\(line) is a second sample of its series", sourceLocation: sourceLocation)
    }
  }
}

/// A collector made of a closure.
struct Closure: Collector {
  let name: String
  let write: @Sendable (inout PageWriter) throws -> Void

  func collect(into page: inout PageWriter) throws { try write(&page) }
}

/// Values that a test changes and a collector reads.
final class Level: Sendable {
  private let values: Mutex<[Double?]>

  /// Values that are all 0.
  init(_ count: Int) {
    values = Mutex(Array(repeating: 0, count: count))
  }

  subscript(_ index: Int) -> Double? {
    get { values.withLock { $0[index] } }
    set { values.withLock { $0[index] = newValue } }
  }
}

/// Whether two arrays have the same memory.
func isSameMemory(_ one: [UInt8], _ other: [UInt8]) -> Bool {
  one.withUnsafeBufferPointer { one in other.withUnsafeBufferPointer { one.baseAddress == $0.baseAddress && one.count == $0.count } }
}
