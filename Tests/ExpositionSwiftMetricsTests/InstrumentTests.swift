// Each kind of instrument of swift-metrics on the page.
import CoreMetrics
import ExpositionSwiftMetrics
import Testing

import class Exposition.Registry
import struct Exposition.MediaType

@Suite("Instruments of swift-metrics")
struct InstrumentTests {
  let registry = Registry()
  let factory: ExpositionMetricsFactory

  init() {
    factory = ExpositionMetricsFactory(registry: registry, timerBounds: { _ in [0.25, 1] }, recorderBounds: { _ in [10, 100] })
  }

  @Test("every kind is on the page with its name, its type and a help that names the label")
  func all() {
    Counter(label: "http.server.requests", dimensions: [("code", "200")], factory: factory).increment(by: 3)
    FloatingPointCounter(label: "energy.joules", factory: factory).increment(by: 0.25)
    let meter = Meter(label: "my-lib/queue size", factory: factory)
    meter.set(7)
    meter.increment(by: 1.5)
    meter.decrement()
    Gauge(label: "temperature", factory: factory).record(-3.5)
    let recorder = Recorder(label: "payload.bytes", factory: factory)
    recorder.record(10)
    recorder.record(10.5)
    recorder.record(1000)
    let timer = Timer(label: "request.duration", dimensions: [("path", "/")], factory: factory)
    timer.recordNanoseconds(250_000_000)
    timer.recordSeconds(2)
    #expect(
      registry.text == """
        # HELP http_server_requests_total From swift-metrics, labelled "http.server.requests".
        # TYPE http_server_requests_total counter
        http_server_requests_total{code="200"} 3
        # HELP energy_joules_total From swift-metrics, labelled "energy.joules".
        # TYPE energy_joules_total counter
        energy_joules_total 0.25
        # HELP my_lib_queue_size From swift-metrics, labelled "my-lib/queue size".
        # TYPE my_lib_queue_size gauge
        my_lib_queue_size 7.5
        # HELP temperature From swift-metrics, labelled "temperature".
        # TYPE temperature gauge
        temperature -3.5
        # HELP payload_bytes From swift-metrics, labelled "payload.bytes".
        # TYPE payload_bytes histogram
        payload_bytes_bucket{le="10.0"} 1
        payload_bytes_bucket{le="100.0"} 2
        payload_bytes_bucket{le="+Inf"} 3
        payload_bytes_sum 1020.5
        payload_bytes_count 3
        # HELP request_duration_seconds From swift-metrics, labelled "request.duration".
        # TYPE request_duration_seconds histogram
        request_duration_seconds_bucket{path="/",le="0.25"} 1
        request_duration_seconds_bucket{path="/",le="1.0"} 1
        request_duration_seconds_bucket{path="/",le="+Inf"} 2
        request_duration_seconds_sum{path="/"} 2.25
        request_duration_seconds_count{path="/"} 2

        """)
  }

  @Test("the same label and dimensions are the same series, in any order of dimensions and by any kind of counter or gauge")
  func same() {
    Counter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: factory).increment()
    Counter(label: "a", dimensions: [("y", "2"), ("x", "1")], factory: factory).increment(by: 2)
    FloatingPointCounter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: factory).increment(by: 0.5)
    Counter(label: "a", dimensions: [("x", "1")], factory: factory).increment()
    Meter(label: "b", factory: factory).set(4)
    Gauge(label: "b", factory: factory).record(5)
    #expect(registry.samples == ["a_total{x=\"1\",y=\"2\"} 3.5", "a_total{x=\"1\"} 1", "b 5"])
  }

  @Test("a series is on the page from its making on")
  func zero() {
    _ = Counter(label: "a", factory: factory)
    #expect(registry.samples == ["a_total 0"])
  }

  @Test("fractions are counted as they are, and not rounded down")
  func fractions() {
    let counter = FloatingPointCounter(label: "a", factory: factory)
    for _ in 0..<3 { counter.increment(by: 0.5) }
    #expect(registry.samples == ["a_total 1.5"])
  }

  @Test("a counter ignores amounts that are negative, infinite or NaN")
  func oddAmounts() {
    let counter = Counter(label: "a", factory: factory)
    counter.increment(by: 5)
    for amount in [-1, 0, .min] as [Int64] { counter.increment(by: amount) }
    let fractional = FloatingPointCounter(label: "b", factory: factory)
    fractional.increment(by: 2.5)
    for amount in [-1, -0.0, 0, .nan, -.nan, .signalingNaN, .infinity, -.infinity] as [Double] { fractional.increment(by: amount) }
    #expect(registry.samples == ["a_total 5", "b_total 2.5"])
  }

  @Test("a counter does not fall when it is given more than 64 bits hold")
  func greatAmounts() {
    let counter = Counter(label: "a", factory: factory)
    for _ in 0..<5 { counter.increment(by: Int64.max) }
    let fractional = FloatingPointCounter(label: "b", factory: factory)
    for _ in 0..<3 { fractional.increment(by: Double.greatestFiniteMagnitude) }
    #expect(registry.samples == ["a_total 4.611686018427388e+19", "b_total +Inf"])
    fractional.reset()
    fractional.increment()
    expectOrderly(registry.text)
  }

  @Test("a meter takes any value, but only steps that are finite and above 0")
  func meter() {
    let meter = Meter(label: "a", factory: factory)
    meter.set(Int64.min)
    #expect(registry.samples == ["a -9.223372036854776e+18"])
    meter.set(1)
    for amount in [-1, .nan, .infinity] as [Double] {
      meter.increment(by: amount)
      meter.decrement(by: amount)
    }
    #expect(registry.samples == ["a 1"])
    meter.set(Double.nan)
    #expect(registry.samples == ["a NaN"])
    meter.set(2.5)
    #expect(registry.samples == ["a 2.5"])
  }

  @Test("a recorder's sum is not spoilt by infinities and NaN, nor a timer's by a clock that was set back")
  func oddObservations() {
    let recorder = Recorder(label: "a", factory: factory)
    for value in [.nan, .infinity, -.infinity, 11] as [Double] { recorder.record(value) }
    let timer = Timer(label: "b", factory: factory)
    for duration in [.min, -1, 500_000_000] as [Int64] { timer.recordNanoseconds(duration) }
    let totals = registry.samples.filter { !$0.contains("_bucket") }
    #expect(totals == ["a_sum 11", "a_count 1", "b_seconds_sum 0.5", "b_seconds_count 3"])
  }

  @Test("a preferred display unit changes nothing: the page is in seconds")
  func displayUnit() {
    let timer = Timer(label: "a", preferredDisplayUnit: .milliseconds, factory: factory)
    timer.recordMilliseconds(500)
    #expect(registry.samples.contains("a_seconds_sum 0.5"))
  }

  @Test("bounds may depend on the label, and those that make no sense are put right")
  func bounds() {
    let registry = Registry()
    let factory = ExpositionMetricsFactory(
      registry: registry, timerBounds: { $0 == "slow.thing" ? [60, 10, .nan, 10, .infinity] : [] }, recorderBounds: { _ in [-0.0, 0.0] })
    Timer(label: "slow.thing", factory: factory).recordSeconds(30)
    Timer(label: "quick.thing", factory: factory).recordSeconds(30)
    Recorder(label: "zero", factory: factory).record(0)
    let bounds = registry.samples.compactMap { $0.firstMatch(of: /le="(.*)"} (.*)/) }.map { "\($0.1) \($0.2)" }
    #expect(bounds == ["10.0 0", "60.0 1", "+Inf 1", "+Inf 1", "-0.0 1", "+Inf 1"])
  }

  @Test("a closure that is asked for bounds may itself record")
  func recordingClosure() {
    let registry = Registry()
    let factory = ExpositionMetricsFactory(
      registry: registry,
      timerBounds: { _ in
        Counter(label: "asked").increment()
        return [1]
      })
    withMetricsFactory(factory) { Timer(label: "a").recordSeconds(1) }
    #expect(registry.samples.first == "asked_total 1" && registry.samples.last == "a_seconds_count 1")
  }

  @Test("histograms have native buckets by default")
  func native() throws {
    func protobufSize(_ factory: (Registry) -> ExpositionMetricsFactory) -> Int {
      let registry = Registry()
      Timer(label: "a", factory: factory(registry)).recordSeconds(1)
      return registry.render(as: MediaType(.protobuf)).bytes.count
    }
    let with = protobufSize { ExpositionMetricsFactory(registry: $0) }
    let without = protobufSize { ExpositionMetricsFactory(registry: $0, native: nil) }
    #expect(with > without)
  }
}
