// The page after calls of the writer.
import Synchronization
import Testing

@testable import Exposition

@Suite("Page writer")
struct PageWriterTests {
  let up = Family(name: "up", type: .gauge, help: "Whether it is up.")
  let seconds = Family(name: "wait_seconds", type: .histogram, help: "Waits.")

  @Test("a family is HELP, TYPE and its samples; all kinds of numbers are accepted")
  func family() {
    let text = page { page in
      page.begin(up)
      page.sample(.none, 1)
      page.sample(Labels(["name": "a"]), 0.5)
      page.sample(Labels(["name": "b"]), UInt64(1) << 53 - 1)
      page.sample(Labels(["name": "c"]), -3)
      page.sample(Labels(["name": "d"]), true)
      page.sample(Labels(["name": ""]), false)
    }
    #expect(
      text == """
        # HELP up Whether it is up.
        # TYPE up gauge
        up 1
        up{name="a"} 0.5
        up{name="b"} 9007199254740991
        up{name="c"} -3
        up{name="d"} 1
        up{name=""} 0

        """)
  }

  @Test("help escapes backslashes and line feeds and leaves quotes alone")
  func help() {
    let text = page {
      $0.begin(Family(name: "x", type: .gauge, help: "A \"path\" like C:\\dir\nin two lines: größe."))
      $0.sample(.none, 1)
    }
    #expect(text.hasPrefix(#"# HELP x A "path" like C:\\dir\nin two lines: größe."# + "\n# TYPE"))
  }

  @Test("an info is a gauge in the text format")
  func info() {
    let text = page {
      $0.begin(Family(name: "build_info", type: .info, help: "Build."))
      $0.sample(Labels(["version": "1.0"]), 1)
    }
    #expect(text == "# HELP build_info Build.\n# TYPE build_info gauge\nbuild_info{version=\"1.0\"} 1\n")
  }

  @Test("buckets are cumulative, rise, end in +Inf and agree with the count")
  func histogram() {
    let text = page {
      $0.begin(seconds)
      $0.histogram(Labels(["name": "a"]), HistogramSnapshot(bounds: [0.005, 1, 1e6], counts: [1, 2, 0, 4], sum: 7.25))
      $0.histogram(.none, HistogramSnapshot(bounds: [], counts: [0], sum: 0))
    }
    #expect(
      text == """
        # HELP wait_seconds Waits.
        # TYPE wait_seconds histogram
        wait_seconds_bucket{name="a",le="0.005"} 1
        wait_seconds_bucket{name="a",le="1.0"} 3
        wait_seconds_bucket{name="a",le="1e+06"} 3
        wait_seconds_bucket{name="a",le="+Inf"} 7
        wait_seconds_sum{name="a"} 7.25
        wait_seconds_count{name="a"} 7
        wait_seconds_bucket{le="+Inf"} 0
        wait_seconds_sum 0
        wait_seconds_count 0

        """)
  }

  @Test("series and families are counted, and a family without samples leaves no trace")
  func counts() {
    let registry = Registry()
    registry.register(
      Closure(name: "closure") {
        $0.begin(up)
        $0.begin(seconds)
        $0.histogram(.none, HistogramSnapshot(bounds: [1], counts: [0, 0], sum: 0))
      })
    let page = registry.render()
    #expect(page.series == 4 && page.families == 1)
    #expect(!page.text.contains("up"))
  }

  @Test("a family begun a second time is left out")
  func twice() {
    let text = page {
      $0.begin(up)
      $0.sample(.none, 1)
      $0.begin(seconds)
      $0.histogram(.none, HistogramSnapshot(bounds: [], counts: [0], sum: 0))
      $0.begin(up)
      $0.sample(.none, 2)
      $0.begin(Family(name: "down", type: .gauge, help: "Whether it is down."))
      $0.sample(.none, 0)
    }
    #expect(!text.contains("up 2"))
    #expect(text.contains("up 1") && text.contains("down 0"))
    expectOrderly(text)
  }

  @Test("a sample before any family stops the program with a message")
  func noFamily() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = page { $0.sample(.none, 1) }
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("before any family"))
  }

  @Test("a plain sample under a histogram stops the program and names it")
  func wrongKind() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = page {
        $0.begin(Family(name: "wait_seconds", type: .histogram, help: "Waits."))
        $0.sample(.none, 1)
      }
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("under histogram wait_seconds"))
  }

  @Test("a counter with a start time of its own shows it in the formats that have a place for it")
  func ownStart() {
    let registry = Registry(since: 1_000, createdSamples: true)
    registry.register(
      Closure(name: "beats") {
        $0.begin(Family(name: "beats_total", type: .counter, help: "Beats."))
        $0.sample(Labels(["name": "old"]), 7)
        $0.sample(Labels(["name": "new"]), 1, exemplar: nil, since: 2_000)
      })
    let text = registry.render(as: MediaType(.openMetrics1)).text
    #expect(text.contains("beats_created{name=\"old\"} 1000\n") && text.contains("beats_created{name=\"new\"} 2000\n"))
    // A `Timestamp` of 2000 s: field 1, a varint of two bytes.
    let messages = registry.write(as: MediaType(.protobuf)).bytes
    #expect(messages.firstRange(of: [0x08, 0xd0, 0x0f]) != nil && messages.firstRange(of: [0x08, 0xe8, 0x07]) != nil)
    #expect(!registry.write().text.contains("created"))
  }

  @Test("series of one array and histograms show start times of their own, and follow them")
  func ownStarts() {
    let registry = Registry(since: 1_000, createdSamples: true)
    let labels = ["a", "b", "c"].map { Labels(["name": $0]) }
    let start = Mutex(2_000.0)
    registry.register(
      Closure(name: "beats") { page in
        let start = start.withLock { $0 }
        page.begin(Family(name: "beats_total", type: .counter, help: "Beats."))
        page.samples(labels, since: { $0 == 1 ? start : nil }) { Double($0) }
        page.begin(Family(name: "wait_seconds", type: .histogram, help: "Waits."))
        page.histogram(labels[0], HistogramSnapshot(bounds: [1], counts: [0, 0], sum: 0), since: start)
      })
    for expected in [2_000.0, 3_000] {
      start.withLock { $0 = expected }
      let text = registry.render(as: MediaType(.openMetrics1)).text
      let created = text.split(separator: "\n").filter { $0.contains("_created{") }.map { $0.split(separator: " ")[1] }
      let own = Substring(String(Int(expected)))
      #expect(created == ["1000", own, "1000", own])
      let seconds: [UInt8] = expected == 2_000 ? [0x08, 0xd0, 0x0f] : [0x08, 0xb8, 0x17]
      let messages = registry.write(as: MediaType(.protobuf)).bytes
      #expect(messages.ranges(of: seconds).count == 2)
    }
  }

  @Test("nothing begins in the future, also when the clock was set back")
  func laterThanNow() throws {
    let registry = Registry(since: UnixTime.now + 3_600, createdSamples: true)
    registry.register(Counter(), as: Family(name: "beats_total", type: .counter, help: "Beats."))
    func created() throws -> Double {
      let line = registry.render(as: MediaType(.openMetrics1)).text.split(separator: "\n").first { $0.hasPrefix("beats_created") }
      return try #require(line?.split(separator: " ").last.flatMap { Double(String($0)) })
    }
    let first = try created()
    #expect(first <= UnixTime.now && first > UnixTime.now - 60)
    #expect(try created() == first)
  }
}
