// The HTTP interface over a running supervisor: shapes, refusals, and bad input.

import Orchestration
import Testing

@testable import Stoker

@Suite("The HTTP interface")
struct APITests {
  private static func idle(_ name: String, after: [String] = []) -> InProcessService {
    InProcessService(name, dependsOn: after) { await $0.waitForStop() }
  }

  @Test("names every key of every answer")
  func keys() async throws {
    _ = try await withSupervisor([Self.idle("dao"), Self.idle("edge", after: ["dao"])]) { supervisor, client in
      try await supervisor.until("edge") { $0.status == .running }
      let base = "/api/orchestration"
      let expected: [(String, [String])] = [
        ("\(base)/services", ["success", "total_services", "services", "is_ready", "initialized"]),
        ("\(base)/health", ["status", "composite_health", "services", "unhealthy_services", "degraded_services"]),
        ("\(base)/dependencies", ["success", "startup_order", "shutdown_order", "dependencies", "visualization"]),
        ("\(base)/metrics", ["success", "metrics", "registry_stats", "service_details"]),
        (
          "\(base)/service/dao",
          [
            "success", "service", "status", "restart_count", "last_restart", "last_error", "is_critical", "dependencies", "health_history",
            "registry_metadata", "restart_history",
          ]
        ),
        (
          "\(base)/service/edge/why",
          ["success", "service", "sentence", "status", "since", "next_attempt", "last_failures", "causes", "root_cause", "advice"]
        ),
        (
          "\(base)/registry",
          ["total_services", "alive_services", "by_status", "by_type", "heartbeat_interval", "heartbeat_timeout"]
        ),
      ]
      for (path, keys) in expected {
        let answer = try await client.json("GET", path)
        #expect(answer.status == 200, "\(path)")
        for key in keys { #expect(answer.json[key] != nil, "\(path) lacks \(key)") }
      }
      let dependencies = try await client.json("GET", "\(base)/dependencies")
      #expect(dependencies.json["startup_order"] == ["dao", "edge"])
      #expect(dependencies.json["shutdown_order"] == ["edge", "dao"])
      #expect(dependencies.json["dependencies"]?["edge"]?["dependencies"] == ["dao"])
      #expect(dependencies.json["dependencies"]?["dao"]?["dependents"] == ["edge"])
    }
  }

  @Test("refuses what it cannot do with one sentence and the right status")
  func refusals() async throws {
    _ = try await withSupervisor([Self.idle("dao"), Self.idle("edge", after: ["dao"])]) { supervisor, client in
      try await supervisor.until("edge") { $0.status == .running }
      let base = "/api/orchestration"
      let cases: [(String, String, JSON?, Int, String)] = [
        ("GET", "\(base)/service/daoo", nil, 404, "Service 'daoo' not found; did you mean 'dao'?"),
        (
          "POST", "\(base)/stop/dao", nil, 409,
          "Service 'dao' is required by 'edge'; 'stoker stop --cascade dao' stops them too, 'stoker stop --force dao' only it"
        ),
        ("POST", "\(base)/stop/dao", ["forse": true], 400, "Unknown key 'forse' in the body; known are 'force', 'cascade'"),
        ("POST", "\(base)/stop/dao", ["force": "yes"], 400, "'force' must be true or false"),
        ("POST", "\(base)/stop/dao", [true], 400, "The body must be a JSON object"),
        ("POST", "\(base)/restart/dao?wait=forever", nil, 400, "'wait' is 'running', 'healthy', 'completed' or 'none', not 'forever'"),
        ("GET", "\(base)/service/dao/logs?tail=many", nil, 400, "'tail' is a number of lines from 0 to 100000, not 'many'"),
        ("DELETE", "\(base)/registry/dao", nil, 409, "'dao' is a service of the service file: it cannot be taken over or deregistered"),
        ("POST", "\(base)/registry/guest/heartbeat", nil, 404, "'guest' is not in the registry; register it first"),
        ("GET", "\(base)/events?after=A-1", nil, 400, "'A-1' is not the id of an event"),
        ("GET", "\(base)/events?after=a-%2B1", nil, 400, "'a-+1' is not the id of an event"),
      ]
      for (method, path, body, status, message) in cases {
        let answer = try await client.json(method, path, body: body)
        #expect(answer.status == status, "\(method) \(path)")
        #expect(answer.json["success"] == false)
        #expect(answer.json["message"]?.string == message)
      }
    }
  }

  @Test("starts what a start requires, and says so; a cascade stops dependents first")
  func cascade() async throws {
    _ = try await withSupervisor([Self.idle("dao"), Self.idle("edge", after: ["dao"])]) { supervisor, client in
      try await supervisor.until("edge") { $0.status == .running }
      let stopped = try await client.json("POST", "/api/orchestration/stop/dao", body: ["cascade": true])
      #expect(stopped.status == 200)
      #expect(stopped.json["also_stopped"] == ["edge"])
      let started = try await client.json("POST", "/api/orchestration/start/edge")
      #expect(started.status == 200)
      #expect(started.json["status"] == "running")
      #expect(started.json["also_started"] == ["dao"])
    }
  }

  @Test("registers guests, counts their beats, and forgets them on request")
  func registry() async throws {
    _ = try await withSupervisor([Self.idle("dao")]) { _, client in
      let path = "/api/orchestration/registry/guest"
      let registered = try await client.json("POST", path, body: ["type": "visitor", "version": "2", "ttl": 60, "metadata": ["room": 7]])
      #expect(registered.status == 200)
      #expect(registered.json["entry"]?["metadata"]?["room"] == 7)
      let emptied = try await client.json("POST", path, body: ["endpoints": nil, "dependencies": nil, "metadata": nil, "ttl": 60])
      #expect(emptied.json["entry"]?["endpoints"] == [:] && emptied.json["entry"]?["dependencies"] == [])
      #expect(emptied.json["entry"]?["metadata"] == [:])
      _ = try await client.json("POST", path, body: ["type": "visitor", "ttl": 60])
      let beat = try await client.json("POST", "\(path)/heartbeat", body: ["status": "degraded"])
      #expect(beat.json["entry"]?["status"] == "degraded")
      #expect(beat.json["entry"]?["alive"] == true)
      let unknown = try await client.json("POST", "\(path)/heartbeat", body: ["status": "sleepy"])
      #expect(unknown.status == 400)
      let all = try await client.json("GET", "/api/orchestration/registry")
      #expect(all.json["by_type"]?["visitor"] == 1)
      #expect(try await client.json("DELETE", path).status == 200)
      #expect(try await client.json("GET", path).status == 404)
    }
  }

  @Test("check-now answers for every service, checked or not")
  func checkNow() async throws {
    let checked = InProcessService(
      "checked", check: CheckPolicy(interval: .seconds(3600)), health: { HealthReport("fine") }, run: { await $0.waitForStop() })
    _ = try await withSupervisor([checked, Self.idle("plain")]) { supervisor, client in
      try await supervisor.until("plain") { $0.status == .running }
      try await supervisor.until("checked") { $0.status == .running }
      let answer = try await client.json("POST", "/api/orchestration/health/check-now")
      #expect(answer.status == 200)
      #expect(answer.json["results"]?["checked"]?["passed"] == true)
      #expect(answer.json["results"]?["checked"]?["status"] == "healthy")
      #expect(answer.json["results"]?["checked"]?["message"] == "fine")
      #expect(answer.json["results"]?["plain"]?["status"] == "healthy")
    }
  }
}
