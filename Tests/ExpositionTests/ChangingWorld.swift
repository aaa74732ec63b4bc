// The contents of a registry in the tests of kept pages: a world that changes by a seed, and collectors that write it.
import Synchronization

@testable import Exposition

/// Families, series and instruments that change from step to step. Any number of registries may be made over one world.
final class ChangingWorld: Sendable {
  /// The values of series, as collectors write them.
  enum Value: Sendable {
    case absent
    case number(Double)
    case exemplified(Double, Exemplar)
    case histogram(Histogram)
  }

  /// The functions of the page writer that write a family.
  enum Manner: CaseIterable, Sendable {
    case oneByOne, inOneArray, arrayThenOthers, othersThenArray
  }

  /// A family and its series: some are written one by one, then some as one array, then the rest one by one.
  struct Member: Sendable {
    var family: Family
    var manner = Manner.oneByOne
    var labels: [Labels] = []
    var values: [Value] = []
    /// The number of series before the array.
    var front = 0
    /// The array of labels, the same from step to step while the labels are the same.
    var array: [Labels] = []
    /// A series that comes before all others in some steps.
    var guest: Labels?
  }

  struct State: Sendable {
    var random: SplitMix
    /// The families, by the collector that writes them.
    var parts: [[Member]] = [[], [], []]
    /// The collectors that throw in this step, after their first families.
    var throwing: Set<Int> = []
    /// The families that another collector writes too.
    var duplicates: [Family] = []
    /// The source of new names and labels.
    var last = 0
  }

  struct Broken: Error {}

  /// Whether families are large, so that they have several blocks and the page has several sections. None is so large
  /// that its series are sorted.
  let isLarge: Bool
  let counters = LabelledCounter("from_door", limit: 300)
  let gauges = LabelledGauge("name")
  let histograms = LabelledHistogram("name", bounds: [0.1, 1], native: NativeBuckets(maxBuckets: 8))
  let level = Gauge()
  let state: Mutex<State>

  init(seed: UInt64, isLarge: Bool) {
    self.isLarge = isLarge
    state = Mutex(State(random: SplitMix(state: seed)))
    for _ in 0..<8 { state.withLock { addFamily(&$0) } }
  }

  /// A registry of everything in the world, with entries in a fixed order.
  func registry(createdSamples: Bool) -> Registry {
    let registry = Registry(since: 1_761_105_600.25, createdSamples: createdSamples)
    registry.register(counters, as: Family(name: "world_ticks_total", type: .counter, help: "Ticks."))
    registry.register(Closure(name: "0") { try self.write(0, into: &$0) })
    registry.register(gauges, as: Family(name: "world_level_ratio", type: .gauge, help: "Levels."))
    registry.register(Closure(name: "1") { try self.write(1, into: &$0) })
    registry.register(histograms, as: Family(name: "world_wait_seconds", type: .histogram, help: "Waits."))
    registry.register(level, as: Family(name: "world_state", type: .gauge, help: "A state."), labels: Labels(["of_what": "world"]))
    registry.register(Closure(name: "2") { try self.write(2, into: &$0) })
    return registry
  }

  /// Makes a random change, or none.
  func step() {
    state.withLock { state in
      state.throwing = state.chance(8) ? [Int(state.random.next() % 3)] : []
      state.duplicates = []
      for _ in 0..<(state.random.next() % 6) { change(&state) }
      if state.chance(4), let member = state.parts.joined().randomElement(using: &state.random) { state.duplicates.append(member.family) }
      // The name of an instrument, which no collector may write.
      if state.chance(8) { state.duplicates.append(Family(name: "world_state", type: .gauge, help: "Another state.")) }
    }
  }
}

// MARK: Collectors

extension ChangingWorld {
  private func write(_ part: Int, into page: inout PageWriter) throws {
    let (members, isThrowing, duplicates) = state.withLock { ($0.parts[part], $0.throwing.contains(part), $0.duplicates) }
    for (number, member) in members.enumerated() {
      if isThrowing, number > 0 { break }
      page.begin(member.family)
      member.write(into: &page)
    }
    if isThrowing { throw Broken() }
    // The first collectors come before the family's owner, whose family is then left out.
    for family in duplicates {
      page.begin(family)
      if family.type == .histogram {
        page.histogram(.none, HistogramSnapshot(bounds: [], counts: [1], sum: 1))
      } else {
        page.sample(.none, 1)
      }
    }
  }
}

extension ChangingWorld.Member {
  fileprivate func write(into page: inout PageWriter) {
    if let guest, family.type != .histogram { page.sample(guest, number(0) ?? 0) }
    for index in 0..<front { write(index, into: &page) }
    if manner != .oneByOne {
      page.samples(array) { number(front + $0) }
    }
    for index in (front + array.count)..<labels.count { write(index, into: &page) }
  }

  private func write(_ index: Int, into page: inout PageWriter) {
    switch values[index] {
    case .absent: break
    case .number(let number): page.sample(labels[index], number)
    case .exemplified(let number, let exemplar): page.sample(labels[index], number, exemplar: exemplar)
    case .histogram(let histogram): page.histogram(labels[index], histogram.snapshot())
    }
  }

  private func number(_ index: Int) -> Double? {
    guard index < values.count else { return nil }
    switch values[index] {
    case .number(let number), .exemplified(let number, _): return number
    case .absent, .histogram: return nil
    }
  }
}

// MARK: Changes

extension ChangingWorld {
  private func change(_ state: inout State) {
    let part = Int(state.random.next() % 3)
    switch state.random.next() % 16 {
    case 0: addFamily(&state)
    case 1: if let index = state.parts[part].indices.randomElement(using: &state.random) { state.parts[part].remove(at: index) }
    case 2: state.parts[part].shuffle(using: &state.random)
    case 3: if let member = state.parts[part].popLast() { state.parts[(part + 1) % 3].insert(member, at: 0) }
    case 4: changeInstruments(&state)
    default:
      guard let index = state.parts[part].indices.randomElement(using: &state.random) else { return }
      var member = state.parts[part][index]
      change(&member, &state)
      state.parts[part][index] = member
    }
  }

  private func change(_ member: inout Member, _ state: inout State) {
    let place = member.labels.indices.randomElement(using: &state.random)
    switch (state.random.next() % 18, place) {
    case (0, _): grow(&member, by: isLarge ? Int(state.random.next() % 400) : Int(state.random.next() % 8), &state)
    case (1, let place?): member.shrink(to: place)
    case (2, let place?): member.remove(place)
    case (3, let place?): member.insert(state.labels(isLarge), value(member.family.type, &state), at: place)
    case (4, let place?): member.labels[place] = state.labels(isLarge)
    case (5, let place?): member.labels.swapAt(place, member.labels.count - 1)
    case (6, _): changeManner(&member, &state)
    case (7, _): member.guest = member.guest == nil ? state.labels(isLarge) : nil
    case (8, _): member.family = Family(name: member.family.name, type: member.family.type, help: "Help of \(state.next()).")
    case (_, let place?):
      member.values[place] = changed(member.values[place], member.family.type, &state)
      return
    case (_, nil): grow(&member, by: 3, &state)
    }
    // After a change of the labels, or of the manner of writing, the array is a new one.
    member.makeArray(&state)
  }

  private func changeManner(_ member: inout Member, _ state: inout State) {
    guard member.family.type != .histogram, let manner = Manner.allCases.randomElement(using: &state.random) else { return }
    member.manner = manner
  }

  private func changeInstruments(_ state: inout State) {
    let name = "\(state.random.next() % 5)"
    switch state.random.next() % 10 {
    case 0: counters.remove(name)
    case 1: gauges.remove(name)
    case 2: histograms.remove(name)
    case 3, 4: counters[name].increment()
    case 5: if let exemplar = state.exemplar() { counters[name].increment(exemplar: exemplar) }
    case 6: histograms[name].observe(state.double())
    case 7: histograms[name].observe(state.double(), exemplar: state.exemplar())
    case 8: level.set(state.double())
    default: gauges[name].set(state.double())
    }
  }

  private func addFamily(_ state: inout State) {
    let number = state.next()
    let family =
      switch state.random.next() % 5 {
      case 0: Family(name: "f\(number)_total", type: .counter, help: "A counter, \"quoted\".")
      case 1: Family(name: "f\(number)_info", type: .info, help: "Facts\nin two lines.")
      case 2: Family(name: "f\(number)_seconds", type: .histogram, help: "A histogram.")
      case 3: Family(name: "f\(number)_bytes_total", type: .counter, help: "A counter with a unit.")
      default: Family(name: "f\(number)_of_some_kind", type: .gauge, help: "A gauge.")
      }
    var member = Member(family: family)
    if family.type != .histogram, state.chance(2) { member.manner = .inOneArray }
    grow(&member, by: Int(state.random.next() % (isLarge ? 300 : 6)), &state)
    member.makeArray(&state)
    let part = Int(state.random.next() % 3)
    state.parts[part].append(member)
  }

  /// Adds series at the end; fewer for histograms, since each has several lines and their blocks are small.
  private func grow(_ member: inout Member, by count: Int, _ state: inout State) {
    let wanted = member.family.type == .histogram ? count / 6 : count
    for _ in 0..<min(wanted, 1000 - member.labels.count) {
      member.insert(state.labels(isLarge), value(member.family.type, &state), at: member.labels.count)
    }
  }

  private func value(_ type: MetricType, _ state: inout State) -> Value {
    guard type == .histogram else { return changed(.absent, type, &state) }
    let histogram = Histogram(bounds: [0.5, 2], native: state.chance(2) ? NativeBuckets() : nil)
    if state.chance(2) { histogram.observe(state.double()) }
    return .histogram(histogram)
  }

  private func changed(_ value: Value, _ type: MetricType, _ state: inout State) -> Value {
    if case .histogram(let histogram) = value {
      histogram.observe(state.double(), exemplar: state.chance(3) ? state.exemplar() : nil)
      return value
    }
    if type == .counter, state.chance(4), let exemplar = state.exemplar() { return .exemplified(state.double(), exemplar) }
    return state.chance(6) ? .absent : .number(state.double())
  }
}

extension ChangingWorld.Member {
  fileprivate mutating func insert(_ label: Labels, _ value: ChangingWorld.Value, at place: Int) {
    labels.insert(label, at: place)
    values.insert(value, at: place)
  }

  fileprivate mutating func remove(_ place: Int) {
    labels.remove(at: place)
    values.remove(at: place)
  }

  fileprivate mutating func shrink(to count: Int) {
    labels.removeLast(labels.count - count)
    values.removeLast(values.count - count)
  }

  fileprivate mutating func makeArray(_ state: inout ChangingWorld.State) {
    let place = Int(state.random.next() % UInt64(labels.count + 1))
    let range =
      switch manner {
      case .oneByOne: labels.count..<labels.count
      case .inOneArray: 0..<labels.count
      case .arrayThenOthers: 0..<place
      case .othersThenArray: place..<labels.count
      }
    front = range.lowerBound
    array = labels[range].map { $0 }
  }
}

extension ChangingWorld.State {
  fileprivate mutating func next() -> Int {
    last += 1
    return last
  }

  fileprivate mutating func chance(_ count: UInt64) -> Bool {
    random.next() % count == 0
  }

  fileprivate mutating func labels(_ isLong: Bool) -> Labels {
    let tails = ["", #"say "hi"\"#, "two\nlines", "größe_火"]
    let labels = Labels([("name_of", "n\(next())"), ("kind", tails[Int(random.next() % 4)])])
    return isLong ? labels.adding("path", String(repeating: "\(random.next())/", count: 6)) : labels
  }

  fileprivate mutating func double() -> Double {
    switch random.next() % 12 {
    case 0: .nan
    case 1: .infinity
    case 2: -.infinity
    case 3: 0
    case 4: -0.0
    case 5: -Double(random.next() % 1000) / 7
    default: Double(random.next() % 10_000) / 100
    }
  }

  fileprivate mutating func exemplar() -> Exemplar? {
    Exemplar(
      Labels(["trace_id": "\(random.next())"]), value: Double(random.next() % 100) / 8,
      time: 1_761_105_600 + Double(random.next() % 999) / 8)
  }
}

extension ChangingWorld {
  /// Names of some families, and one unknown name.
  func someNames(_ random: inout SplitMix) -> Set<String> {
    let names = state.withLock { $0.parts.joined().map(\.family.name) } + ["world_ticks_total", "world_wait_seconds"]
    return Set(names.shuffled(using: &random).prefix(3) + ["nobody"])
  }
}
