// Pages of protobuf byte for byte. The numbers of the fields are those of `io/prometheus/client/metrics.proto`.
import Testing

@testable import Exposition

@Suite("Golden protobuf")
struct ProtobufGoldenTests {
  /// A field: the tag, which is the field's number times eight plus 2 for a value with a length; the length; the value.
  private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    precondition(content.count < 0x80, "the length is a varint of one byte")
    return [number << 3 | 2, UInt8(content.count)] + content
  }

  private static func field(_ number: UInt8, _ text: String) -> [UInt8] {
    field(number, Array(text.utf8))
  }

  // The eight bytes of some doubles, the lowest first. The tag of a double is the field's number times eight plus 1.
  private static let zero: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
  private static let half: [UInt8] = [0, 0, 0, 0, 0, 0, 0xe0, 0x3f]
  private static let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
  private static let three: [UInt8] = [0, 0, 0, 0, 0, 0, 0x08, 0x40]
  private static let infinity: [UInt8] = [0, 0, 0, 0, 0, 0, 0xf0, 0x7f]

  /// The time 300.25 s after 1970 as a Timestamp: seconds = 1 is 0x12c, in groups of seven bits 0x2c and 2; nanos = 2
  /// is 250 000 000.
  private static let since: [UInt8] = [0x08, 0xac, 0x02, 0x10, 0x80, 0xe5, 0x9a, 0x77]

  private func check(_ family: [UInt8], _ register: (Registry) -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
    let registry = Registry(since: 300.25)
    register(registry)
    // Each family follows its length, here of one byte or two.
    let length = family.count < 0x80 ? [UInt8(family.count)] : [UInt8(family.count & 0x7f) | 0x80, UInt8(family.count >> 7)]
    #expect(registry.render(as: MediaType(.protobuf)).bytes == length + family, sourceLocation: sourceLocation)
  }

  @Test("a gauge, its labels as they are and not as text escapes them")
  func gauge() {
    let metric =
      Self.field(1, Self.field(1, "where") + Self.field(2, "a\"\\\nb"))  // label: name, value
      + Self.field(1, Self.field(1, "what") + Self.field(2, ""))
      + Self.field(2, [0x09] + Self.half)  // gauge: value = 1
    let family = Self.field(1, "heat") + Self.field(2, "Heat, \"quoted\".") + [0x18, 1] + Self.field(4, metric)  // type: GAUGE
    check(family) { registry in
      let labels = Labels([("where", "a\"\\\nb"), ("what", "")])
      registry.register(as: Family(name: "heat", type: .gauge, help: "Heat, \"quoted\"."), labels: labels) { 0.5 }
    }
  }

  @Test("an info is a gauge")
  func info() {
    let family =
      Self.field(1, "build_info") + Self.field(2, "Build.") + [0x18, 1]
      + Self.field(4, Self.field(2, [0x09] + Self.one))
    check(family) { $0.register(as: Family(name: "build_info", type: .info, help: "Build.")) { 1 } }
  }

  @Test("counters, with a unit, since when they count, and an exemplar")
  func counter() throws {
    let exemplar =
      Self.field(1, Self.field(1, "trace_id") + Self.field(2, "4b"))  // label: name, value
      + [0x11] + Self.one  // value = 2
      + Self.field(3, [0x08, 0x02, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01])  // timestamp: 2 s, 500 000 000 ns
    let first =
      Self.field(1, Self.field(1, "of") + Self.field(2, "a"))
      + Self.field(3, [0x09] + Self.three + Self.field(2, exemplar) + Self.field(3, Self.since))  // counter: value = 1, exemplar, since
    let second =
      Self.field(1, Self.field(1, "of") + Self.field(2, "b"))
      + Self.field(3, [0x09] + Self.zero + Self.field(3, Self.since))
    let family =
      Self.field(1, "sent_bytes_total") + Self.field(2, "Sent.") + [0x18, 0]  // COUNTER
      + Self.field(5, "bytes")  // unit; fields may come in any order
      + Self.field(4, first) + Self.field(4, second)
    let sent = LabelledCounter("of")
    sent["a"].increment(by: 3, exemplar: try #require(Exemplar(Labels(["trace_id": "4b"]), value: 1, time: 2.5)))
    _ = sent["b"]
    check(family) { $0.register(sent, as: Family(name: "sent_bytes_total", type: .counter, help: "Sent.")) }
  }

  @Test("a histogram, its buckets cumulative up to +Inf, with an exemplar")
  func histogram() {
    let exemplar = [0x11] + Self.three + Self.field(3, [0x08, 0x02, 0x10, 0])  // no label; value = 2; timestamp
    let histogram =
      [0x08, 3]  // sample_count = 1
      + [0x11] + Self.infinity  // sample_sum = 2
      + Self.field(3, [0x08, 1, 0x11] + Self.half)  // bucket: cumulative_count = 1, upper_bound = 2
      + Self.field(3, [0x08, 2, 0x11] + Self.three + Self.field(3, exemplar))
      + Self.field(3, [0x08, 3, 0x11] + Self.infinity)
      + Self.field(15, Self.since)  // created_timestamp = 15
    let family = Self.field(1, "wait") + Self.field(2, "Waits.") + [0x18, 4] + Self.field(4, Self.field(7, histogram))  // HISTOGRAM
    let wait = Histogram(bounds: [0.5, 3])
    wait.observe(0.25)
    wait.observe(3, exemplar: Exemplar(.none, value: 3, time: 2))
    wait.observe(.infinity)
    check(family) { $0.register(wait, as: Family(name: "wait", type: .histogram, help: "Waits.")) }
  }

  @Test("a native histogram with its only classic bucket, spans of buckets by their gaps and counts by their differences")
  func native() {
    let native =
      [0x28, 0]  // schema = 5, a zigzag varint
      + [0x31, 0, 0, 0, 0, 0, 0, 0xf0, 0x37]  // zero_threshold = 6: 2^-128
      + [0x38, 1]  // zero_count = 7
      + Self.field(9, [0x08, 0x03, 0x10, 1])  // negative_span: offset -2 (zigzag 3), length 1
      + Self.field(10, [0x02])  // negative_delta: 1
      + Self.field(12, [0x08, 0x00, 0x10, 2])  // positive_span: offset 0, length 2: buckets 0 and 1
      + Self.field(12, [0x08, 0x06, 0x10, 1])  // offset 3: bucket 5
      + Self.field(13, [0x04, 0x01, 0x04])  // positive_delta: 2, -1, 2
    let histogram =
      [0x08, 8] + [0x11, 0, 0, 0, 0, 0, 0x20, 0x55, 0x40]  // sample_count; sample_sum = 84.5
      + Self.field(3, [0x08, 8, 0x11] + Self.infinity) + native + Self.field(15, Self.since)
    let family = Self.field(1, "wait") + Self.field(2, "Waits.") + [0x18, 4] + Self.field(4, Self.field(7, histogram))
    let wait = Histogram(bounds: [], native: NativeBuckets(schema: 0))
    for value in [0, -0.25, 0.75, 1, 2, 32, 32, 17] { wait.observe(value) }
    check(family) { $0.register(wait, as: Family(name: "wait", type: .histogram, help: "Waits.")) }
  }

  @Test("native buckets without observations have an empty span, which distinguishes them from a classic histogram")
  func emptyNative() {
    let histogram =
      [0x08, 0] + [0x11] + Self.zero + Self.field(3, [0x08, 0, 0x11] + Self.infinity)
      + [0x28, 0x06] + [0x31, 0, 0, 0, 0, 0, 0, 0xf0, 0x37] + [0x38, 0]  // schema 3; zero_threshold; zero_count
      + Self.field(12, [0x08, 0, 0x10, 0]) + Self.field(15, Self.since)  // positive_span: offset 0, length 0
    let family = Self.field(1, "wait") + Self.field(2, "Waits.") + [0x18, 4] + Self.field(4, Self.field(7, histogram))
    let wait = Histogram(bounds: [], native: NativeBuckets())
    check(family) { $0.register(wait, as: Family(name: "wait", type: .histogram, help: "Waits.")) }
  }

  @Test("families stand one behind the other, each behind its length")
  func families() throws {
    let page = try FormatGoldenTests.registry().render(as: MediaType(.protobuf)).bytes
    let families = try #require(Message.delimited(page))
    let names = ["ember_ticks_total", "ember_ash_bytes_total", "ember_glow_seconds", "ember_build_info", "ember_heat_celsius"]
    #expect(families.map { $0.bytes(1) } == names.map { [Array($0.utf8)] })
    #expect(families.map { $0.varints(3) } == [[0], [0], [4], [1], [1]])
    #expect(families.map { $0.messages(4).count } == [2, 1, 1, 1, 1])
    #expect(families.map { $0.bytes(5) } == [[], [Array("bytes".utf8)], [Array("seconds".utf8)], [], [Array("celsius".utf8)]])
  }

  @Test("with dots escaped the names of families and labels have their underscores doubled, and values not")
  func dots() throws {
    let page = try FormatGoldenTests.registry().render(as: MediaType(.protobuf, escaping: .dots)).bytes
    let families = try #require(Message.delimited(page))
    #expect(families.map { $0.bytes(1) }.first == [Array("ember__ticks__total".utf8)])
    let label = try #require(families.first?.messages(4).first?.messages(1).first)
    #expect(label.bytes(1) == [Array("from__door".utf8)] && label.bytes(2) == [Array("left_one".utf8)])
  }
}
