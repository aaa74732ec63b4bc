// The diagnoses of events: made for events of state and health, from the published state.

import HTTPServer
import Logging
import Orchestration
import Testing

@testable import Stoker

struct DiagnosisTests {
  private func event(_ service: String?, _ what: LiveEvent.What) -> LiveEvent {
    LiveEvent(at: Timestamp(nanoseconds: 0), service: service, what: what, message: "")
  }

  @Test("a batch without an event of state or health reads nothing, and its events stay as they are")
  func nothingToSay() throws {
    let published = try Supervisor(SupervisorConfiguration(name: "test", services: []), logger: Logger(label: "test")).supervision.read()
    var readings = 0
    func read() -> Published {
      readings += 1
      return published
    }
    let news = [event(nil, .initialized), event("web", .registry(.expired)), event("web", .gaveUp(attempts: 3))]
    #expect(news.diagnosed(in: read(), at: Instant(nanoseconds: 0), SupervisorClock()).allSatisfy { $0.diagnosis == nil })
    #expect(readings == 0)
    let more = news + [event("web", .health(from: .healthy, to: .unknown))]
    #expect(
      more.diagnosed(in: read(), at: Instant(nanoseconds: 0), SupervisorClock()).map { $0.diagnosis == nil } == [true, true, true, false])
    #expect(readings == 1)
  }

  @Test("an event of a removed service has an empty diagnosis")
  func gone() throws {
    let published = try Supervisor(SupervisorConfiguration(name: "test", services: []), logger: Logger(label: "test")).supervision.read()
    let event = event("gone", .health(from: .healthy, to: .unknown))
    let diagnosed = try #require([event].diagnosed(in: published, at: Instant(nanoseconds: 0), SupervisorClock()).first)
    let details = diagnosed.details(for: .reading)
    #expect(
      JSON.object(details) == ["from": "healthy", "to": "unknown", "held_up": false, "waits_for": [], "root_cause": nil, "note": ""])
  }
}
