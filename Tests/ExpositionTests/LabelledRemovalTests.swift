// Children with labels of their own, removed children, and too many children.
import Testing

@testable import Exposition

extension LabelledTests {
  /// The page of a labelled counter, kept as a registry keeps it.
  private static func registry(_ requests: LabelledCounter) -> Registry {
    let registry = Registry()
    registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests."))
    return registry
  }

  /// The lines of samples.
  private static func samples(_ registry: Registry) -> [Substring] {
    registry.render().text.split(separator: "\n").filter { !$0.hasPrefix("#") }
  }

  @Test("a child that was removed is gone from the next page, and one of the same labels begins at 0")
  func removal() {
    let requests = LabelledCounter("path", "code")
    for path in ["/a", "/b", "/c"] { requests[path, "200"].increment(by: 5) }
    let registry = Self.registry(requests)
    let old = requests["/b", "200"]
    #expect(Self.samples(registry).count == 3 && requests.count == 3)
    #expect(requests.remove("/b", "200"))
    #expect(!requests.remove("/b", "200") && !requests.remove("/b", "404") && requests.count == 2)
    let rest: [Substring] = ["requests_total{path=\"/a\",code=\"200\"} 5", "requests_total{path=\"/c\",code=\"200\"} 5"]
    #expect(Self.samples(registry) == rest)
    // Counts in the removed child are lost.
    old.increment()
    #expect(Self.samples(registry) == rest)
    requests["/b", "200"].increment()
    #expect(Self.samples(registry) == rest + ["requests_total{path=\"/b\",code=\"200\"} 1"])
    // The others are found as before.
    requests["/c", "200"].increment()
    #expect(requests["/a", "200"].value == 5 && requests["/c", "200"].value == 6 && requests.count == 3)
  }

  @Test("a page without its last child has no family; the child that comes back has its header again")
  func lastRemoved() {
    let requests = LabelledCounter("path")
    let registry = Self.registry(requests)
    _ = requests["/"]
    let page = registry.render().bytes
    requests.remove("/")
    #expect(registry.render().bytes.isEmpty)
    _ = requests["/"]
    #expect(registry.render().bytes == page)
  }

  @Test("children may be looked up by labels with any names")
  func ownLabels() {
    let requests = LabelledCounter(names: []) { Counter() }
    requests[labels: Labels(["path": "/a"])].increment()
    requests[labels: Labels([("path", "/a"), ("code", "200")])].increment(by: 2)
    requests[labels: Labels(["path": "/a"])].increment()
    requests[labels: .none].increment(by: 3)
    requests[].increment()
    let registry = Self.registry(requests)
    #expect(
      Self.samples(registry) == ["requests_total{path=\"/a\"} 2", "requests_total{path=\"/a\",code=\"200\"} 2", "requests_total 4"])
    #expect(requests.remove(labels: Labels(["path": "/a"])) && requests.remove(labels: .none))
    #expect(Self.samples(registry) == ["requests_total{path=\"/a\",code=\"200\"} 2"])
  }

  @Test("labels in the names' order are the same child as their values")
  func labelsAndValues() {
    let requests = LabelledCounter("path", "code")
    #expect(requests["/a", "200"] === requests[labels: Labels([("path", "/a"), ("code", "200")])])
    #expect(requests["/a", "200"] !== requests["200", "/a"])
  }

  @Test("labels beyond the limit share the child whose labels are all other, also when they are looked up by labels with other names")
  func overflowByLabels() {
    let requests = LabelledCounter(names: [], limit: 2) { Counter() }
    for number in 0..<5 { requests[labels: Labels([("path", "/\(number)"), ("code", "a\"b")])].increment() }
    requests[labels: Labels([("path", "/1"), ("code", "a\"b")])].increment()
    #expect(requests.overflow == 3)
    #expect(
      Self.samples(Self.registry(requests)) == [
        "requests_total{path=\"/0\",code=\"a\\\"b\"} 1", "requests_total{path=\"/1\",code=\"a\\\"b\"} 2",
        "requests_total{path=\"other\",code=\"other\"} 3",
      ])
  }

  @Test("a child that is removed makes room for another, also while there is a shared one")
  func roomAgain() {
    let requests = LabelledCounter("path", limit: 2)
    for path in ["/a", "/b"] { _ = requests[path] }
    requests.remove("/a")
    requests["/c"].increment()
    #expect(requests.overflow == 0 && requests.count == 2)
    requests["/d"].increment()
    #expect(requests.overflow == 1 && requests["other"].value == 1)
    requests.remove("/b")
    requests["/e"].increment()
    #expect(requests.overflow == 1 && requests["/e"] !== requests["other"])
  }

  @Test("the shared child may be removed, and begins at 0 when it is needed again")
  func sharedRemoved() {
    let requests = LabelledCounter("path", limit: 1)
    for path in ["/a", "/b", "/c"] { requests[path].increment() }
    #expect(requests.remove("other"))
    #expect(Self.samples(Self.registry(requests)) == ["requests_total{path=\"/a\"} 1"])
    requests["/d"].increment()
    #expect(Self.samples(Self.registry(requests)).last == "requests_total{path=\"other\"} 1")
    #expect(requests.overflow == 3)
  }

  @Test("a histogram that is made again is written again, even if its count equals that of the one before")
  func sameCount() {
    let waits = LabelledHistogram("name", bounds: [10])
    let registry = Registry()
    registry.register(waits, as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
    for wait in [1.5, 2.5] {
      waits.remove("a")
      waits["a"].observe(wait)
      #expect(registry.render().text.contains("wait_seconds_sum{name=\"a\"} \(wait)\n"))
    }
  }

  @Test("so it is, with its native buckets, if it comes to the same sum too")
  func sameSum() throws {
    let waits = LabelledHistogram("name", bounds: [10], native: NativeBuckets(schema: 0))
    let registry = Registry(since: 0)
    registry.register(waits, as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
    for wait in [1.0, 3] { waits["a"].observe(wait) }
    registry.collect()
    _ = registry.write(as: MediaType(.protobuf))
    waits.remove("a")
    for wait in [2.0, 2] { waits["a"].observe(wait) }
    let fresh = Registry(since: 0)
    fresh.register(waits, as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
    #expect(registry.render(as: MediaType(.protobuf)).bytes == fresh.render(as: MediaType(.protobuf)).bytes)
  }

  @Test("children come and go while pages are made, and every page is whole")
  func concurrentRemoval() async {
    let requests = LabelledCounter("path")
    let registry = Self.registry(requests)
    _ = requests["/stays"]
    await withTaskGroup { group in
      for number in 0..<4 {
        group.addTask {
          for turn in 0..<200 {
            requests["/\(number)/\(turn % 10)"].increment()
            requests.remove("/\(number)/\((turn + 5) % 10)")
          }
        }
      }
      group.addTask {
        for _ in 0..<50 {
          let text = registry.render().text
          expectOrderly(text)
          #expect(text.contains("requests_total{path=\"/stays\"} 0\n"))
        }
      }
    }
    for number in 0..<4 { for turn in 0..<10 { requests.remove("/\(number)/\(turn)") } }
    #expect(Self.samples(registry) == ["requests_total{path=\"/stays\"} 0"])
  }
}
