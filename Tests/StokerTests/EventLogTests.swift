// The event log: numbers, bounds, ends.

import HTTPServer
import Orchestration
import Synchronization
import Testing

@testable import Stoker

@Suite struct EventLogTests {
  private func event(_ service: String) -> LiveEvent {
    LiveEvent(
      at: Timestamp(nanoseconds: 1_700_000_000_000_000_000), service: service, what: .health(from: .unknown, to: .healthy),
      message: "\(service): healthy")
  }

  private func services(_ news: EventLog.Batch) -> [String?] { news.entries.map(\.event.service) }

  @Test("events are numbered from 1, and read on from where one was")
  func order() {
    let log = EventLog(life: "life")
    log.append([event("a"), event("b")])
    log.append([event("c")])
    let first = log.batch(after: 0, limit: 2)
    #expect(services(first) == ["a", "b"] && first.position == 2 && !first.isExpired)
    let second = log.batch(after: first.position, limit: 2)
    #expect(services(second) == ["c"] && second.position == 3)
    #expect(log.batch(after: 3, limit: 2).entries.isEmpty)
    #expect(log.newest == 3)
  }

  @Test("no more are kept than there is room for, and a subscriber that asks for older ones is told", arguments: [1, 7, 100])
  func capacity(_ capacity: Int) {
    let log = EventLog(life: "life", capacity: capacity)
    for number in 1...1000 { log.append([event("\(number)")]) }
    let news = log.batch(after: 0, limit: 10_000)
    #expect(news.isExpired && news.entries.count == capacity && news.position == 1000)
    #expect(news.entries.first?.sequence == UInt64(1000 - capacity + 1))
    #expect(!log.batch(after: UInt64(1000 - capacity), limit: 1).isExpired)
  }

  @Test("a batch that is larger than the room keeps its end")
  func largeBatch() {
    let log = EventLog(life: "life", capacity: 10)
    log.append((1...25).map { event("\($0)") })
    #expect(services(log.batch(after: 0, limit: 100)) == (16...25).map { "\($0)" })
  }

  @Test("an event goes over the wire as the contract says")
  func wire() throws {
    let log = EventLog(life: "k3x")
    log.append([
      LiveEvent(
        at: Timestamp(nanoseconds: 1_700_000_000_123_000_000), service: "dao",
        what: .status(from: .starting, to: .running, run: 4, cause: "started with Stoker", pid: 17, nextAttempt: nil),
        message: "dao: running, pid 17")
    ])
    let entry = try #require(log.batch(after: 0, limit: 1).entries.first)
    let expected = """
      id: k3x-1
      event: status
      data: {"id":"k3x-1","kind":"status","at":"2023-11-14T22:13:20.123Z","service":"dao","from":"starting","to":"running","run":4,\
      "cause":"started with Stoker","pid":17,"next_attempt":null,"message":"dao: running, pid 17"}


      """
    #expect(String(decoding: entry.bytes(for: .control), as: UTF8.self) == expected)
    #expect(entry.bytes(for: .reading) == entry.bytes(for: .control))
  }

  @Test(
    "output that an event quotes goes only to subscribers who may read output, whoever asks first", arguments: [Rights.control, .reading])
  func output(first: Rights) throws {
    let log = EventLog(life: "k3x")
    let failed: Sentence = "unhealthy: \(Sentence("exit code 1: key=42", withoutOutput: "exit code 1"))"
    var event = LiveEvent(
      at: Timestamp(nanoseconds: 0), service: "dao",
      what: .status(from: .running, to: .stopping, run: 4, cause: failed, pid: 17, nextAttempt: nil), message: "dao: stopping (\(failed))")
    event.diagnosis = Diagnosis(note: failed)
    log.append([event])
    let entry = try #require(log.batch(after: 0, limit: 1).entries.first)
    _ = entry.bytes(for: first)
    let whole = String(decoding: entry.bytes(for: .control), as: UTF8.self)
    let part = String(decoding: entry.bytes(for: .reading), as: UTF8.self)
    #expect(whole.replacing(": key=42", with: "") == part)
    #expect(whole.split(separator: "key=42").count == 4)
    #expect(part.contains("dao: stopping (unhealthy: exit code 1)"))
  }

  @Test("a waiting subscriber is woken by an event, by the end and by its own cancellation")
  func waiting() async {
    let log = EventLog(life: "life")
    let cancelled = Task { await log.wait(after: 0) }
    cancelled.cancel()
    await cancelled.value
    let waiting = (0..<50).map { _ in Task { await log.wait(after: 0) } }
    log.append([event("a")])
    for task in waiting { await task.value }
    await log.wait(after: 0)
    let last = Task { await log.wait(after: 1) }
    log.close()
    await last.value
    await log.wait(after: 1)
  }

  @Test("a reader that waits while another writes misses nothing")
  func concurrent() async {
    let log = EventLog(life: "life")
    let reader = Task {
      var (seen, position): (UInt64, UInt64) = (0, 0)
      while seen < 5000 {
        let news = log.batch(after: position, limit: 64)
        for entry in news.entries {
          #expect(entry.sequence == seen + 1)
          seen = entry.sequence
        }
        position = news.position
        if news.entries.isEmpty { await log.wait(after: position) }
      }
    }
    for number in 1...5000 {
      log.append([event("\(number)")])
      if number % 100 == 0 { await Task.yield() }
    }
    await reader.value
  }
}
