// In-process services (rule 29): supervised by the same core, served by the same API and metrics.

import Addresses
import Exposition
import Glibc
import HTTPServer
import Logging
import Orchestration
import Synchronization
import Testing

@testable import Stoker

@Suite("Services of the embedding program")
struct EmbeddingTests {
  @Test("start in dependency order and stop in reverse")
  func order() async throws {
    let log = Mutex<[String]>([])
    func service(_ name: String, after: [String]) -> InProcessService {
      InProcessService(name, dependsOn: after) { context in
        log.withLock { $0.append("+\(name)") }
        await context.waitForStop()
        log.withLock { $0.append("-\(name)") }
      }
    }
    let names = ["a", "b", "c"]
    let starts = Mutex<[Instant]>([])
    let report = try await withSupervisor([service("c", after: ["b"]), service("b", after: ["a"]), service("a", after: [])]) {
      supervisor, _ in
      try await supervisor.until("c") { $0.status == .running }
      let snapshot = supervisor.supervision.read().snapshot
      starts.withLock { $0 = names.compactMap { name in snapshot.graph.id(named: name).flatMap { snapshot[$0].runStarted } } }
    }
    // The pool decides how soon a task that has begun reaches its first line.
    let (begun, said) = (starts.withLock { $0 }, log.withLock { $0 })
    #expect(begun.count == 3 && begun == begun.sorted() && Set(begun).count == 3)
    #expect(said.filter { $0.hasPrefix("+") }.sorted() == ["+a", "+b", "+c"])
    #expect(said.filter { $0.hasPrefix("-") } == ["-c", "-b", "-a"])
    #expect(report == StopReport(killed: [], leftOver: []))
  }

  @Test("have a page on which the program's own metrics stand beside Stoker's")
  func metrics() async throws {
    let service = InProcessService("worker") { await $0.waitForStop() }
    _ = try await withSupervisor([service]) { supervisor, client in
      let jobs = Counter()
      supervisor.metrics.register(jobs, as: Family(name: "jobs_total", type: .counter, help: "Jobs done."))
      jobs.increment(by: 3)
      let page = String(decoding: try await client.request("GET", "/metrics").body, as: UTF8.self)
      #expect(page.contains("# TYPE jobs_total counter\njobs_total 3\n"))
      #expect(page.contains("stoker_service_up{name=\"worker\"} "))
    }
  }

  @Test("that throw are restarted with back-off, given up at the limit, and forced to live again")
  func restarts() async throws {
    struct Broken: Error {}
    let runs = Atomic<Int>(0)
    let isMended = Atomic<Bool>(false)
    let policy = RestartPolicy(maxAttempts: 2, backoff: Backoff(base: .milliseconds(1)))
    let service = InProcessService("flaky", restart: policy) { context in
      runs.add(1, ordering: .relaxed)
      guard isMended.load(ordering: .relaxed) else { throw Broken() }
      await context.waitForStop()
    }
    _ = try await withSupervisor([service]) { supervisor, client in
      try await supervisor.until("flaky") { $0.status == .failed }
      #expect(runs.load(ordering: .relaxed) == 3)

      let refused = try await client.json("POST", "/api/orchestration/restart/flaky")
      #expect(refused.status == 409)
      #expect(refused.json["error"] == "restart_limit_exceeded")

      isMended.store(true, ordering: .relaxed)
      let forced = try await client.json("POST", "/api/orchestration/restart/flaky", body: ["force": true])
      #expect(forced.status == 200)
      #expect(forced.json["status"] == "running")
      #expect(forced.json["restart_attempts"] == 0)
      #expect(forced.json["message"] == "Service 'flaky' restarted successfully")
    }
  }

  @Test("that ignore their stop are cancelled at the deadline, reported, and delay no other service")
  func overdue() async throws {
    let (gate, opener) = AsyncStream<Void>.makeStream()
    let deaf = InProcessService("deaf", stop: StopPolicy(timeout: .milliseconds(10))) { _ in
      // Neither the request to stop nor the cancellation reaches this task.
      await Task.detached { for await _ in gate {} }.value
    }
    let report = try await withSupervisor([deaf]) { supervisor, _ in
      try await supervisor.until("deaf") { $0.status == .running }
    }
    opener.finish()
    #expect(report.leftOver == [ServiceID(0)])
  }

  @Test("are checked by their health function, whose details are shown")
  func health() async throws {
    let isWell = Atomic<Bool>(true)
    struct Ill: Error, CustomStringConvertible { let description = "no database" }
    let service = InProcessService(
      "worker", check: CheckPolicy(interval: .milliseconds(20), startInterval: .milliseconds(5), autoRecovery: false),
      health: {
        guard isWell.load(ordering: .relaxed) else { throw Ill() }
        return HealthReport("fine", details: ["queue": 3])
      },
      run: { await $0.waitForStop() })
    _ = try await withSupervisor([service]) { supervisor, client in
      try await supervisor.until("worker") { $0.health == .healthy }
      let answer = try await client.json("GET", "/api/orchestration/health")
      #expect(answer.json["services"]?["worker"]?["last_check"]?["details"]?["queue"] == 3)
      isWell.store(false, ordering: .relaxed)
      try await supervisor.until("worker") { $0.health == .unhealthy }
      let service = try await client.json("GET", "/api/orchestration/service/worker")
      #expect(service.json["health_history"]?.array?.last?["message"] == "no database")
    }
  }

  @Test("a health function that never answers fails at its timeout, and never runs twice at once")
  func hangingHealth() async throws {
    let calls = Atomic<Int>(0)
    let (gate, opener) = AsyncStream<Void>.makeStream()
    let service = InProcessService(
      "worker",
      check: CheckPolicy(
        // The first of all results is looked at, of which a hundred are kept.
        interval: .milliseconds(200), timeout: .milliseconds(10), startInterval: .milliseconds(100), autoRecovery: false),
      health: {
        calls.add(1, ordering: .relaxed)
        await Task.detached { for await _ in gate {} }.value
        return HealthReport()
      },
      run: { await $0.waitForStop() })
    _ = try await withSupervisor([service]) { supervisor, client in
      try await supervisor.until("worker") { $0.checkFailures > 5 }
      let answer = try await client.json("GET", "/api/orchestration/service/worker")
      #expect(answer.json["health_history"]?.array?.first?["message"] == "no answer within 10 ms")
      #expect(answer.json["health_history"]?.array?.last?["message"] == "the previous check has not returned")
      let count = calls.load(ordering: .relaxed)
      #expect(count == 1)
      opener.finish()
    }
  }

  @Test("that return at once are reported in order: first the start, then the end")
  func short() async throws {
    let services = (0..<400).map { InProcessService("s\($0)", restart: RestartPolicy(rule: .never)) { _ in } }
    _ = try await withSupervisor(services) { supervisor, _ in
      for service in services { try await supervisor.until(service.spec.name) { $0.status == .completed } }
    }
  }

  @Test("that throw leave their error where people look for it")
  func errors() async throws {
    struct Refused: Error, CustomStringConvertible { let description = "database refused" }
    let service = InProcessService("worker", restart: RestartPolicy(rule: .never)) { _ in throw Refused() }
    _ = try await withSupervisor([service]) { supervisor, client in
      try await supervisor.until("worker") { $0.status == .failed }
      let answer = try await client.json("GET", "/api/orchestration/service/worker")
      #expect(answer.json["last_error"] == "database refused")
    }
  }

  @Test("that throw are restarted each time, with the error as the reason")
  func restartsNameErrors() async throws {
    struct Refused: Error, CustomStringConvertible { let description: String }
    let runs = Atomic<Int>(0)
    let policy = RestartPolicy(maxAttempts: 2, backoff: Backoff(base: .milliseconds(1)))
    let service = InProcessService("worker", restart: policy) { _ in
      throw Refused(description: "refused \(runs.add(1, ordering: .relaxed).newValue)")
    }
    _ = try await withSupervisor([service]) { supervisor, client in
      try await supervisor.until("worker") { $0.status == .failed }
      let answer = try await client.json("GET", "/api/orchestration/service/worker")
      let restarts = try #require(answer.json["restart_history"]?.array)
      #expect(restarts.map { $0["cause"] } == ["automatic: refused 1", "automatic: refused 2"])
      #expect(restarts.map { $0["last_error"] } == ["refused 1", "refused 2"])
      #expect(restarts.map { $0["previous_exit"] } == ["exited with code 1", "exited with code 1"])
      #expect(answer.json["last_error"] == "refused 3")
    }
  }

  @Test("are stopped when the task that runs the supervisor is cancelled")
  func cancellation() async throws {
    let hasEnded = Atomic<Bool>(false)
    let service = InProcessService("worker") { context in
      await context.waitForStop()
      hasEnded.store(true, ordering: .relaxed)
    }
    let supervisor = try Supervisor(
      SupervisorConfiguration(services: [service]), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let run = Task { try await supervisor.run() }
    try await supervisor.until("worker") { $0.status == .running }
    run.cancel()
    #expect(try await run.value == StopReport(killed: [], leftOver: []))
    let wasAsked = hasEnded.load(ordering: .relaxed)
    #expect(wasAsked)
  }

  @Test("leave the state directory to the next supervisor of the same program, also after a start that failed")
  func succession() async throws {
    var template = Array("/tmp/stoker-test-XXXXXX".utf8CString)
    let made = String(cString: try #require(mkdtemp(&template)))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = SupervisorConfiguration(services: [InProcessService("worker") { await $0.waitForStop() }])
    configuration.stateDirectory = made
    for listeners in [[ListenAddress.unix(path: "/nowhere/at/all.sock")], [], []] {
      configuration.listeners = listeners
      let supervisor = try Supervisor(configuration, logger: logger)
      if listeners.isEmpty {
        supervisor.stop()
        _ = try await supervisor.run()
      } else {
        // Without a stop, which does not wait for the listeners.
        await #expect(throws: ServerError.self) { try await supervisor.run() }
      }
    }
  }

  @Test("keep their counters when a stop comes before the state of the earlier supervisor is taken over")
  func earlyStop() async throws {
    var template = Array("/tmp/stoker-test-XXXXXX".utf8CString)
    let made = String(cString: try #require(mkdtemp(&template)))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let starts = Atomic<Int>(0)
    let restart = RestartPolicy(backoff: Backoff(base: .milliseconds(1)))
    var configuration = SupervisorConfiguration(services: [
      InProcessService("worker", restart: restart) { context in
        guard starts.add(1, ordering: .relaxed).newValue > 3 else { return }
        await context.waitForStop()
      }
    ])
    configuration.stateDirectory = made
    let first = try Supervisor(configuration, logger: logger)
    async let report = first.run()
    try await first.until("worker") { $0.status == .running && $0.restarts.total == 3 }
    first.stop()
    _ = try await report
    let second = try Supervisor(configuration, logger: logger)
    second.stop()
    _ = try await second.run()
    #expect(starts.load(ordering: .relaxed) == 4, "a stop takes the place of the boot")
    let third = try Supervisor(configuration, logger: logger)
    async let last = third.run()
    try await third.until("worker") { $0.status == .running }
    let view = try third.supervision.read().snapshot[#require(third.supervision.read().graph.id(named: "worker"))]
    #expect(view.restarts.total == 3)
    third.stop()
    _ = try await last
  }

  @Test("a name twice, an unknown dependency and a cycle are refused with a sentence")
  func refused() {
    func service(_ name: String, _ dependsOn: [String] = []) -> InProcessService { InProcessService(name, dependsOn: dependsOn) { _ in } }
    func message(_ services: [InProcessService]) -> String {
      do {
        _ = try Supervisor(SupervisorConfiguration(services: services), logger: Logger(label: "test"))
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    #expect(message([service("a"), service("a")]) == "two services are called 'a'")
    #expect(message([service("a", ["b"])]) == "service 'a' depends on 'b', which does not exist")
    #expect(message([service("a", ["b"]), service("b", ["a"])]) == "dependency cycle: 'a' -> 'b' -> 'a'")
  }
}
