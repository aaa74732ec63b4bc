// Whole pages byte for byte in the richer formats, and with escaped names.
import Testing

@testable import Exposition

@Suite("Golden formats")
struct FormatGoldenTests {
  /// A registry with data that only OpenMetrics and protobuf show: exemplars, units, start times; and names with
  /// underscores everywhere.
  static func registry(createdSamples: Bool = false) throws -> Registry {
    let registry = Registry(since: 1_761_105_600.25, createdSamples: createdSamples)
    let ticks = LabelledCounter("from_door")
    let spark = try #require(Exemplar(Labels(["trace_id": "4bf9_2f"]), value: 1, time: 1_761_105_612.5))
    ticks["left_one"].increment(by: 3, exemplar: spark)
    ticks["right"].increment()
    let glow = Histogram(bounds: [0.5, 2])
    glow.observe(0.25)
    glow.observe(1.5, exemplar: Exemplar(Labels([("trace_id", "a\"b"), ("span", "1")]), value: 1.5, time: 1_761_105_613))
    let ash = Counter()
    ash.increment(by: 1024)
    registry.register(ticks, as: Family(name: "ember_ticks_total", type: .counter, help: "Ticks, \"quoted\" in C:\\dir."))
    registry.register(ash, as: Family(name: "ember_ash_bytes_total", type: .counter, help: "Ash."))
    registry.register(glow, as: Family(name: "ember_glow_seconds", type: .histogram, help: "Glowing\nin two lines."))
    registry.register(
      as: Family(name: "ember_build_info", type: .info, help: "Build."), labels: Labels(["built_on": "tue_sday"])
    ) { 1 }
    registry.register(as: Family(name: "ember_heat_celsius", type: .gauge, help: "Heat.")) { -0.5 }
    return registry
  }

  @Test("OpenMetrics of the golden registry is this: TYPE, UNIT, HELP, counters and infos without their suffix, an end")
  func openMetrics() throws {
    let page = #"""
      # TYPE hearth_requests counter
      # HELP hearth_requests Requests answered.
      hearth_requests_total{handler="/metrics",method="GET",code="200"} 1234567
      hearth_requests_total{handler="other",method="other",code="404"} 0
      # TYPE hearth_request_duration_seconds histogram
      # UNIT hearth_request_duration_seconds seconds
      # HELP hearth_request_duration_seconds Time to answer.
      hearth_request_duration_seconds_bucket{handler="/metrics",le="0.005"} 2
      hearth_request_duration_seconds_bucket{handler="/metrics",le="0.1"} 2
      hearth_request_duration_seconds_bucket{handler="/metrics",le="1.0"} 3
      hearth_request_duration_seconds_bucket{handler="/metrics",le="10.0"} 3
      hearth_request_duration_seconds_bucket{handler="/metrics",le="1e+06"} 4
      hearth_request_duration_seconds_bucket{handler="/metrics",le="+Inf"} 4
      hearth_request_duration_seconds_sum{handler="/metrics"} 30.256
      hearth_request_duration_seconds_count{handler="/metrics"} 4
      # TYPE hearth info
      # HELP hearth What burns.
      hearth_info{name="dao",version=""} 1
      hearth_info{name="say \"hi\"\\\n",version="1.4.0"} 1
      # TYPE hearth_state gauge
      # HELP hearth_state 1 for the present state.\nOne of \\ three.
      hearth_state{name="dao",state="lit"} 1
      hearth_state{name="dao",state="out"} 0
      hearth_state{name="dao",state="smouldering"} 0
      # TYPE hearth_limit gauge
      # HELP hearth_limit The most restarts.
      hearth_limit{name="dao"} +Inf
      hearth_limit{name="edge"} -Inf
      hearth_limit{name="p2p"} NaN
      hearth_limit{name="火"} 3
      # TYPE hearth_start_time_seconds gauge
      # UNIT hearth_start_time_seconds seconds
      # HELP hearth_start_time_seconds When it was lit.
      hearth_start_time_seconds 1761105600.25
      # EOF

      """#
    for format in [MediaType.Format.openMetrics1, .openMetrics0] {
      try expectSame(GoldenPageTests.registry().render(as: MediaType(format)).bytes, Array(page.utf8), "\(format)")
    }
  }

  @Test("an empty page of OpenMetrics is its end; those of the other formats are nothing")
  func empty() {
    #expect(Registry().render(as: MediaType(.openMetrics1)).text == "# EOF\n")
    #expect(Registry().render(as: MediaType(.text)).bytes.isEmpty)
    #expect(Registry().render(as: MediaType(.protobuf)).bytes.isEmpty)
  }

  static let exemplars = #"""
    # TYPE ember_ticks counter
    # HELP ember_ticks Ticks, \"quoted\" in C:\\dir.
    ember_ticks_total{from_door="left_one"} 3 # {trace_id="4bf9_2f"} 1 1761105612.5
    ember_ticks_total{from_door="right"} 1
    # TYPE ember_ash_bytes counter
    # UNIT ember_ash_bytes bytes
    # HELP ember_ash_bytes Ash.
    ember_ash_bytes_total 1024
    # TYPE ember_glow_seconds histogram
    # UNIT ember_glow_seconds seconds
    # HELP ember_glow_seconds Glowing\nin two lines.
    ember_glow_seconds_bucket{le="0.5"} 1
    ember_glow_seconds_bucket{le="2.0"} 2 # {trace_id="a\"b",span="1"} 1.5 1761105613
    ember_glow_seconds_bucket{le="+Inf"} 2
    ember_glow_seconds_sum 1.75
    ember_glow_seconds_count 2
    # TYPE ember_build info
    # HELP ember_build Build.
    ember_build_info{built_on="tue_sday"} 1
    # TYPE ember_heat_celsius gauge
    # UNIT ember_heat_celsius celsius
    # HELP ember_heat_celsius Heat.
    ember_heat_celsius -0.5
    # EOF

    """#

  @Test("exemplars stand behind the values of counters and buckets, and nowhere in text")
  func openMetricsExemplars() throws {
    let registry = try Self.registry()
    try expectSame(registry.render(as: MediaType(.openMetrics1)).bytes, Array(Self.exemplars.utf8), "OpenMetrics")
    #expect(!registry.render().text.contains("trace_id"))
  }

  @Test("where they are wanted, each counter and each histogram has a _created sample behind its others")
  func createdSamples() throws {
    let page = Self.exemplars
      .replacing(
        "left_one\"} 3 # {trace_id=\"4bf9_2f\"} 1 1761105612.5\n",
        with: "left_one\"} 3 # {trace_id=\"4bf9_2f\"} 1 1761105612.5\nember_ticks_created{from_door=\"left_one\"} 1761105600.25\n"
      )
      .replacing("right\"} 1\n", with: "right\"} 1\nember_ticks_created{from_door=\"right\"} 1761105600.25\n")
      .replacing("ember_ash_bytes_total 1024\n", with: "ember_ash_bytes_total 1024\nember_ash_bytes_created 1761105600.25\n")
      .replacing("ember_glow_seconds_count 2\n", with: "ember_glow_seconds_count 2\nember_glow_seconds_created 1761105600.25\n")
    let registry = try Self.registry(createdSamples: true)
    try expectSame(registry.render(as: MediaType(.openMetrics1)).bytes, Array(page.utf8), "OpenMetrics")
    #expect(!registry.render().text.contains("_created"))
    #expect(registry.render(as: MediaType(.openMetrics1)).series == registry.render().series)
  }

  @Test(
    "with dots escaped every underscore of names is two, in text too; the suffixes of histograms, values and exemplars are as they were")
  func dotsText() throws {
    let page = #"""
      # HELP ember__ticks__total Ticks, "quoted" in C:\\dir.
      # TYPE ember__ticks__total counter
      ember__ticks__total{from__door="left_one"} 3
      ember__ticks__total{from__door="right"} 1
      # HELP ember__ash__bytes__total Ash.
      # TYPE ember__ash__bytes__total counter
      ember__ash__bytes__total 1024
      # HELP ember__glow__seconds Glowing\nin two lines.
      # TYPE ember__glow__seconds histogram
      ember__glow__seconds_bucket{le="0.5"} 1
      ember__glow__seconds_bucket{le="2.0"} 2
      ember__glow__seconds_bucket{le="+Inf"} 2
      ember__glow__seconds_sum 1.75
      ember__glow__seconds_count 2
      # HELP ember__build__info Build.
      # TYPE ember__build__info gauge
      ember__build__info{built__on="tue_sday"} 1
      # HELP ember__heat__celsius Heat.
      # TYPE ember__heat__celsius gauge
      ember__heat__celsius -0.5

      """#
    try expectSame(Self.registry().render(as: MediaType(.text, escaping: .dots)).bytes, Array(page.utf8), "text")
  }

  @Test("with escaped dots OpenMetrics names a family by the part before _total and _info, and a unit only if the name ends in it")
  func dotsOpenMetrics() throws {
    let page = #"""
      # TYPE ember__ticks_ counter
      # HELP ember__ticks_ Ticks, \"quoted\" in C:\\dir.
      ember__ticks__total{from__door="left_one"} 3 # {trace_id="4bf9_2f"} 1 1761105612.5
      ember__ticks__created{from__door="left_one"} 1761105600.25
      ember__ticks__total{from__door="right"} 1
      ember__ticks__created{from__door="right"} 1761105600.25
      # TYPE ember__ash__bytes_ counter
      # HELP ember__ash__bytes_ Ash.
      ember__ash__bytes__total 1024
      ember__ash__bytes__created 1761105600.25
      # TYPE ember__glow__seconds histogram
      # UNIT ember__glow__seconds seconds
      # HELP ember__glow__seconds Glowing\nin two lines.
      ember__glow__seconds_bucket{le="0.5"} 1
      ember__glow__seconds_bucket{le="2.0"} 2 # {trace_id="a\"b",span="1"} 1.5 1761105613
      ember__glow__seconds_bucket{le="+Inf"} 2
      ember__glow__seconds_sum 1.75
      ember__glow__seconds_count 2
      ember__glow__seconds_created 1761105600.25
      # TYPE ember__build_ info
      # HELP ember__build_ Build.
      ember__build__info{built__on="tue_sday"} 1
      # TYPE ember__heat__celsius gauge
      # UNIT ember__heat__celsius celsius
      # HELP ember__heat__celsius Heat.
      ember__heat__celsius -0.5
      # EOF

      """#
    let registry = try Self.registry(createdSamples: true)
    try expectSame(registry.render(as: MediaType(.openMetrics1, escaping: .dots)).bytes, Array(page.utf8), "OpenMetrics")
  }

  @Test("the other schemes of escaping change no byte", arguments: [MediaType.Format.text, .openMetrics1, .protobuf])
  func otherSchemes(format: MediaType.Format) throws {
    let registry = try Self.registry(createdSamples: true)
    let page = registry.render(as: MediaType(format)).bytes
    for escaping in NameEscaping.allCases {
      #expect((registry.render(as: MediaType(format, escaping: escaping)).bytes == page) == (escaping != .dots))
    }
  }

  @Test("a name whose last word is a unit but which does not end in it has no unit")
  func unitInside() {
    #expect(Family(name: "heat_seconds", type: .gauge, help: "Heat.").unit == "seconds")
    #expect(Family(name: "heat_seconds_total", type: .counter, help: "Heat.").unit == "seconds")
    #expect(Family(name: "seconds", type: .gauge, help: "Heat.").unit == nil)
    #expect(Family(name: "heat_seconds_ago", type: .gauge, help: "Heat.").unit == nil)
    #expect(Family(name: "heat_microseconds", type: .gauge, help: "Heat.").unit == nil)
    #expect(Family(name: "heat_seconds_info", type: .info, help: "Heat.").unit == nil)
    #expect(Family(name: "heat_seconds_", type: .gauge, help: "Heat.").unit == nil)
  }
}
