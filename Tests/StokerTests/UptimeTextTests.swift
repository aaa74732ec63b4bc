// The words about uptime: time is counted, not checks.

import Exposition
import Testing

@testable import Stoker

@Suite struct UptimeTextTests {
  @Test("the help text of the uptime ratio and the API's descriptions speak of time")
  func words() throws {
    let family = try #require(ServiceCaseFamily.all.first { $0.family.name == "stoker_service_uptime_ratio" }?.family)
    #expect(
      family.help
        == "Share of the time that the service should have been up in which it was up and passed its checks, over the window.")
    let health = try JSON(parsing: Description.bytes)["components"]?["schemas"]?["ServiceHealth"]?["properties"]
    for (name, window) in [("uptime_1h", "hour"), ("uptime_24h", "24 hours"), ("uptime_7d", "7 days")] {
      #expect(
        health?[name]?["description"]?.string
          == "Percent of the time that the service should have been up in which it was up and passed its checks, in the last \(window); null without data."
      )
    }
  }
}
