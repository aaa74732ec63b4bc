// Counters, gauges, histograms and their labelled kinds, used by many threads at once.
import Testing

@testable import Exposition

@Suite("Instruments")
struct InstrumentTests {
  @Test("concurrent increments are all counted")
  func counter() async {
    let counter = Counter()
    await withTaskGroup { group in
      for step in 1...8 { group.addTask { for _ in 0..<10_000 { counter.increment(by: UInt64(step)) } } }
    }
    #expect(counter.value == 360_000)
    counter.increment()
    #expect(counter.value == 360_001)
  }

  @Test("a gauge holds what was set, and concurrent additions are all in it")
  func gauge() async {
    let gauge = Gauge()
    #expect(gauge.value == 0)
    gauge.set(-1.5)
    #expect(gauge.value == -1.5)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<10_000 {
            gauge.add(3)
            gauge.add(-2)
          }
        }
      }
    }
    #expect(gauge.value == 79_998.5)
  }

  @Test("an observation on a bound belongs to that bound's bucket, one above all to the last")
  func bounds() {
    let histogram = Histogram(bounds: [0.1, 1, 10])
    for value in [-1, 0.1, 0.100001, 1, 10, 10.5, .infinity] { histogram.observe(value) }
    #expect(histogram.snapshot().counts == [2, 2, 1, 2])
    #expect(histogram.snapshot().count == 7)
    #expect(histogram.snapshot().sum == .infinity)
  }

  @Test("NaN falls in the last bucket, so that the count still agrees with it")
  func nan() {
    let histogram = Histogram(bounds: [1])
    histogram.observe(.nan)
    #expect(histogram.snapshot().counts == [0, 1])
    #expect(histogram.snapshot().sum.isNaN)
  }

  @Test("a histogram's page is consistent while it is observed: +Inf is the count, the sum belongs to it, nothing falls")
  func concurrentHistogram() async {
    let histogram = Histogram(bounds: [1, 2, 3])
    await withTaskGroup { group in
      // Every observation is 2: at any moment, the sum is twice the count.
      for _ in 0..<4 { group.addTask { for _ in 0..<20_000 { histogram.observe(2) } } }
      group.addTask {
        var last: UInt64 = 0
        while last < 80_000 {
          let now = histogram.snapshot()
          #expect(now.sum == 2 * Double(now.count) && now.counts == [0, now.count, 0, 0] && now.count >= last)
          last = now.count
          let text = page {
            $0.begin(Family(name: "x", type: .histogram, help: "X."))
            $0.histogram(.none, now)
          }
          #expect(text.contains("x_bucket{le=\"+Inf\"} \(now.count)\n") && text.hasSuffix("x_count \(now.count)\n"))
          await Task.yield()
        }
      }
    }
    #expect(histogram.snapshot().count == 80_000)
  }

  @Test(
    "bounds that do not rise or are not finite are named",
    arguments: [([1, 1], "1.0, then 1.0"), ([1, 3, 2], "3.0, then 2.0"), ([1, .infinity], "inf"), ([.nan], "nan")] as [([Double], String)])
  func badBounds(bounds: [Double], says: String) throws {
    #expect(try #require(HistogramSnapshot.fault(in: bounds)).contains(says))
  }
}

@Suite("Labelled instruments")
struct LabelledTests {
  let family = Family(name: "requests_total", type: .counter, help: "Requests.")

  @Test("a child is made once, found again, and written in the order of making")
  func children() {
    let requests = LabelledCounter("handler", "code")
    _ = requests["/b", "500"]
    requests["/a", "200"].increment(by: 2)
    requests["/a", "200"].increment()
    let text = page {
      $0.begin(family)
      requests.write(to: &$0)
    }
    #expect(text.hasSuffix("requests_total{handler=\"/b\",code=\"500\"} 0\nrequests_total{handler=\"/a\",code=\"200\"} 3\n"))
  }

  @Test("combinations beyond the limit share one child named other, and are counted")
  func limit() {
    let requests = LabelledCounter("method", "path", limit: 3)
    for number in 0..<10 { requests["GET", "/\(number)"].increment() }
    requests["GET", "/1"].increment()
    let text = page {
      $0.begin(family)
      requests.write(to: &$0)
    }
    #expect(text.split(separator: "\n").count == 2 + 4)
    #expect(text.contains("{method=\"GET\",path=\"/1\"} 2\n"))
    #expect(text.hasSuffix("{method=\"other\",path=\"other\"} 7\n"))
    #expect(requests.overflow == 7)
    expectOrderly(text)
  }

  @Test("a child that is called other anyway is the shared one, not a second series")
  func other() {
    let requests = LabelledCounter("path", limit: 1)
    requests["other"].increment()
    requests["/a"].increment()
    #expect(requests["other"].value == 2)
  }

  @Test("many at once asking for the same children get the same ones")
  func concurrent() async {
    let waits = LabelledHistogram("name", bounds: [1])
    let levels = LabelledGauge("name")
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for number in 0..<5_000 {
            waits["\(number % 50)"].observe(0.5)
            levels["\(number % 50)"].add(1)
          }
        }
      }
    }
    for number in 0..<50 {
      #expect(waits["\(number)"].snapshot().counts == [800, 0])
      #expect(levels["\(number)"].value == 800)
    }
  }

  @Test("a wrong number of label values stops the program and names the labels")
  func wrongCount() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LabelledCounter("handler", "code")["/"]
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("handler"))
  }
}
