// Keys that each kind of service can have.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Kinds of services")
struct KindTests {
  @Test("an external service takes no command from the defaults and needs a check that is on")
  func external() throws {
    let text = "version: 1\ndefaults: {command: [x]}\nservices:\n  a: {kind: external, health: {tcp: {address: \"h:1\"}}}\n"
    #expect(try read(text).services[0].command == nil)
    #expect(
      faults("version: 1\nservices:\n  a: {kind: external, health: {tcp: {address: \"h:1\"}, enabled: false}}\n") == [
        "3:3: service 'a' is external and needs a check: give it 'health' with http, tcp, exec, file or heartbeat"
      ])
    #expect(faults("version: 1\nservices:\n  a: {kind: external, health: {interval: 3s}}\n").count == 1)
    #expect(faults("version: 1\nservices:\n  a: {kind: in_process, command: [x]}\n").count == 1)
  }

  @Test(
    "an external service can have nothing that goes with a process",
    arguments: [
      ("user", "fog"), ("group", "fog"), ("umask", "\"027\""), ("limits", "{nofile: 5}"), ("nice", "1"), ("oom_score_adj", "1"),
      ("no_new_privileges", "true"), ("stdin", "keep_open"), ("tty", "true"), ("pid_file", "a.pid"), ("ready", "{timeout: 5s}"),
      ("watchdog", "5s"), ("runtime_max", "1h"),
      ("stop", "{timeout: 5s}"),
      ("hooks", "{pre_start: [x]}"), ("reload", "{signal: HUP}"), ("log", "{path: none}"), ("command", "[x]"),
    ])
  func externalProcess(key: String, value: String) throws {
    let external = "kind: external, health: {tcp: {address: \"h:1\"}}"
    #expect(
      faults("version: 1\nservices:\n  a: {\(external),\n    \(key): \(value)}\n") == [
        "4:5: service 'a' is external: it is never started, so it can have no '\(key)'"
      ])
    let file = try read("version: 1\ndefaults: {\(key): \(value)}\nservices:\n  a: {\(external)}\n  b: {command: [x]}\n")
    #expect(file.services[0] == (try read("version: 1\nservices:\n  a: {\(external)}\n")).services[0])
    #expect(file.services[1] != (try read("version: 1\nservices:\n  b: {command: [y]}\n")).services[0])
  }

  @Test("the log of an external service is none that another could write to")
  func externalLog() throws {
    let text =
      "version: 1\ndefaults: {log: {path: x.log, mode: direct}}\nservices:\n  a: {kind: external, health: {tcp: {address: \"h:1\"}}}\n  b: {command: [x]}\n"
    #expect(try read(text).services.map(\.log.path) == [.default, .file("/srv/fog/x.log")])
    #expect(try read(text).services.map(\.log.mode) == [.pipe, .direct])
    let free =
      "version: 1\nstoker: {state_dir: /s}\nservices:\n  a: {kind: external, health: {tcp: {address: \"h:1\"}}}\n  b: {command: [x], log: {path: /s/logs/a.log}}\n"
    #expect(faults(free).isEmpty)
  }

  @Test("an external service neither restarts nor stops with what it depends on")
  func externalEdges() throws {
    func text(_ edge: String, defaults: String = "") -> String {
      """
      version: 1
      defaults: {\(defaults)}
      services:
        a: {kind: external, health: {tcp: {address: "h:1"}}, depends_on: {b: {\(edge)}}}
        b: {command: [x], depends_on: ~}

      """
    }
    let reason = "must be ignore, not 'restart'; service 'a' is external, and never started or stopped by Stoker"
    #expect(faults(text("on_restart: restart")) == ["4:85: 'depends_on.b.on_restart' of service 'a' \(reason)"])
    #expect(faults(text("on_restart: stop")).count == 1)
    #expect(faults(text("on_restart: ignore")).isEmpty)
  }

  @Test(
    "a oneshot is done when it ends: it can say neither that it is ready nor that it lives",
    arguments: [
      ("watchdog: 5s", "5:5", "watchdog"), ("ready: {notify: systemd}", "5:13", "ready.notify"),
      ("ready: {timeout: 5s, log: up}", "5:26", "ready.log"),
    ])
  func oneshot(line: String, place: String, key: String) throws {
    let text = "version: 1\nservices:\n  a:\n    {kind: oneshot, command: [x],\n    \(line)}\n"
    #expect(faults(text) == ["\(place): service 'a' is a oneshot: it is done when it ends, so it can have no '\(key)'"])
    let file = try read("version: 1\ndefaults: {\(line)}\nservices:\n  a: {kind: oneshot, command: [x]}\n  b: {command: [x]}\n")
    #expect(file.services[0].readiness == nil)
    #expect(!file.services[0].spec.start.isNotified)
    #expect(file.services[0].spec.watchdog == nil)
    #expect(file.services[1].spec.start.isNotified || file.services[1].spec.watchdog != nil)
  }

  @Test("a oneshot may bound its start, and have hooks, a set-up and a way to be stopped")
  func oneshotProcess() throws {
    let service = try read(
      oneService(
        "kind: oneshot\nready: {timeout: 5s}\nhooks: {pre_start: [y]}\nuser: fog\nstop: {command: [z], scope: process}\nlog: {mode: direct}"
      )
    ).services[0]
    #expect(service.spec.start == StartPolicy(isNotified: false, timeout: .seconds(5)))
    #expect(service.hooks == [.preStart: ["y"], .stop: ["z"]])
    #expect(service.spec.hooks == [.preStart, .stop])
    #expect(service.setup == SetupSection(user: "fog"))
    #expect(service.spec.stop.scope == .process)
    #expect(service.log.mode == .direct)
  }

  @Test("a forking service needs a pid file, which says that it is ready, and no other has one")
  func forking() throws {
    let service = try read(oneService("kind: forking\npid_file: run/a.pid\nwatchdog: 5s\nready: {timeout: 5s}")).services[0]
    #expect(service.spec.kind == .forking && service.pidFile == "/srv/fog/run/a.pid")
    #expect(service.spec.start == StartPolicy(isNotified: true, timeout: .seconds(5)))
    #expect(faults(oneService("kind: forking")).count == 1)
    #expect(
      faults(oneService("kind: forking\npid_file: a.pid\nready: {notify: s6}")) == [
        "7:13: service 'a' is forking: it has started when its 'pid_file' is there, so it can have no 'ready.notify'"
      ])
    #expect(faults(oneService("pid_file: a.pid")) == ["5:5: service 'a' has a 'pid_file', which only 'kind: forking' reads"])
    let file = try read(
      "version: 1\ndefaults: {pid_file: x.pid, ready: {notify: s6}}\nservices:\n  a: {kind: forking, command: [x]}\n  b: {command: [x]}\n")
    #expect(file.services.map(\.pidFile) == ["/srv/fog/x.pid", nil])
    #expect(file.services.map { $0.readiness == nil } == [true, false])
  }

  @Test("a kind that cannot be read breaks no rule of a kind")
  func unknownKind() {
    #expect(faults(oneService("kind: onceshot\nwatchdog: 5s\nready: {notify: s6}")).count == 1)
  }
}
