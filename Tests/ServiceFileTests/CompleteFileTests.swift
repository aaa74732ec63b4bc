// Every key of the format to its value.
import Addresses
import Orchestration
import Testing

@testable import ServiceFile

@Suite("A complete service file")
struct CompleteFileTests {
  static let text = """
    version: 1
    stoker:
      name: fog-1
      listen: ["127.0.0.1:10102", "[::1]:10103", "localhost:0", "unix:/run/stoker.sock"]
      state_dir: ~/state
      log: {level: debug, format: json}
      metrics: {exclude: [io, log, state_seconds, exits, histograms, registry, dependencies]}
      discovery: {address: fog.example.org}
      allowed_hosts: [fog.example.org, "::1"]
      control: socket
      exit_when: [failed]
      allow_remote_control: false
    defaults:
      environment: {BASE: from defaults, LOG_LEVEL: warning}
      health: {interval: 10s, tcp: {address: "127.0.0.1:1"}}
    services:
      dao:
        description: DAO and tokenomics
        type: tokenomics
        version: 1.10
        labels: {tier: core, "0": yes}
        kind: process
        command: ["fog-dao", "--port", 7001]
        enabled: false
        critical: no
        directory: work/../dao
        environment: {LOG_LEVEL: info, EMPTY: ""}
        environment_file: [dao.env, -/etc/dao.env]
        inherit_environment: false
        user: fog
        group: 1000
        umask: "027"
        limits: {nofile: 4096, core: 0, memory: 512MiB, tasks: 200, cpu: 0.5}
        nice: 5
        oom_score_adj: -200
        no_new_privileges: true
        stdin: keep_open
        depends_on:
          edge: {on_restart: restart}
          p2p: {optional: true, on_restart: stop}
          migrate: {condition: completed, on_restart: ignore}
        layer: 2
        health:
          http: {url: "http://127.0.0.1:7001/health", method: head, status: "200-299, 401", body: "^ok", headers: {Accept: text/plain},
                 follow_redirects: 0, verify_tls: true}
          interval: 20s
          timeout: 4s
          failure_threshold: 5
          recovery_threshold: 4
          start_period: 1m
          start_interval: 500ms
          auto_recovery: false
          enabled: true
          history: 50
        ready: {notify: systemd, from: main, timeout: 90s}
        watchdog: 10s
        runtime_max: 30d
        heartbeat: {interval: 6s, timeout: 18s}
        restart:
          policy: on-failure
          max_attempts: unlimited
          backoff: {base: 1s, factor: 1.5, max: 1h, jitter: 0.25}
          reset_after: 1d
          success_exit_codes: [0, 143]
        reload: {command: [dao-ctl, reload], check: dao-ctl check, timeout: 20}
        stop: {signal: SIGINT, timeout: 90, scope: process, command: [dao-ctl, drain]}
        hooks: {pre_start: [dao-ctl, prepare], post_start: dao-ctl announce, pre_stop: [dao-ctl, hush], post_stop: [dao-ctl, sweep]}
        log: {mode: pipe, path: logs/dao.log, max_size: 64KiB, max_files: 2, timestamps: false, streams: merged, memory_lines: 10, shared: true}
        endpoints: {http: "http://127.0.0.1:7001"}
        metrics: {port: 7001, path: /m}
      edge:
        command: exec fog-edge
        health: {tcp: {address: "[::1]:7002", send: "PING\\r\\n\\0", expect: PONG}}
        log: {path: none, stderr_path: edge.err}
        ready: {log: "listening on .*"}
      p2p:
        command: [p2p]
        directory: /opt
        health: {exec: {command: [pg_isready], environment: {PGPORT: 5432}}}
        depends_on: [migrate]
        restart: {policy: never, max_attempts: 0}
        ready: {notify: s6}
        log: {mode: direct}
      migrate:
        kind: oneshot
        command: [migrate]
        health: {enabled: false}
        log: {mode: direct, path: ~/migrate.log, timestamps: false}
        ready: {timeout: 5s}
      outside:
        kind: external
        health: {file: {path: out.alive, max_age: 1m}}
      beating:
        command: [beat]
        tty: true
        health: {heartbeat: {}}
      many:
        command: [many, "${instance}"]
        instances: [x, y]
        depends_on: {edge: {instances: any}}

    """

  let file: ServiceFile

  init() throws {
    file = try read(Self.text)
  }

  @Test("the supervisor's settings are read to the last one")
  func supervisor() throws {
    #expect(
      file.supervisor
        == SupervisorSection(
          name: "fog-1",
          listen: [
            .tcp(host: "127.0.0.1", port: 10102), .tcp(host: "::1", port: 10103), .tcp(host: "localhost", port: 0),
            .unix(path: "/run/stoker.sock"),
          ],
          stateDirectory: "/home/fog/state", log: LogSection(level: .debug, format: .json), excludedMetrics: Set(MetricsGroup.allCases),
          discoveryAddress: "fog.example.org", allowedHosts: ["fog.example.org", "::1"], control: .socket,
          exitConditions: [.failed]))
    #expect(file.path == "/srv/fog/stoker.yaml")
    #expect(file.nodeName == "fog-1")
    #expect(try file.stateDirectory(environment: [:], isRoot: true) == "/home/fog/state")
  }

  @Test("every key of a service is read to its value")
  func process() throws {
    let spec = ServiceSpec(
      name: "dao", isEnabled: false, isCritical: false,
      dependencies: [
        Dependency(ServiceID(1), condition: .healthy, onRestart: .restart),
        Dependency(ServiceID(2), condition: .healthy, isOptional: true, onRestart: .stop),
        Dependency(ServiceID(3), condition: .completed),
      ],
      layer: 2, start: StartPolicy(isNotified: true, timeout: .seconds(90)), hooks: Set(Hook.allCases), watchdog: .seconds(10),
      runtimeMax: .seconds(30 * 86_400),
      check: CheckPolicy(
        interval: .seconds(20), timeout: .seconds(4), failureThreshold: 5, recoveryThreshold: 4, startPeriod: .seconds(60),
        startInterval: .milliseconds(500), autoRecovery: false),
      restart: RestartPolicy(
        rule: .onFailure, maxAttempts: nil,
        backoff: Backoff(base: .seconds(1), factor: 1.5, max: .seconds(3600), jitter: 0.25), resetAfter: .seconds(86400),
        successExitCodes: [0, 143]),
      stop: StopPolicy(signal: 2, timeout: .seconds(90), scope: .process),
      reload: ReloadPolicy(.command, hasCheck: true, timeout: .seconds(20), isReported: true),
      heartbeat: HeartbeatPolicy(interval: .seconds(6), timeout: .seconds(18)))
    let expected = ServiceDefinition(
      spec: spec, description: "DAO and tokenomics", type: "tokenomics", version: "1.10", labels: ["tier": "core", "0": "yes"],
      command: ["fog-dao", "--port", "7001"], directory: "/srv/fog/dao",
      environment: [
        NamedValue(name: "BASE", value: "from defaults"), NamedValue(name: "LOG_LEVEL", value: "info"),
        NamedValue(name: "EMPTY", value: ""),
      ],
      environmentFiles: [FileReference(path: "/srv/fog/dao.env"), FileReference(path: "/etc/dao.env", isOptional: true)],
      inheritsEnvironment: false,
      setup: SetupSection(
        user: "fog", group: "1000", umask: 0o027, nice: 5, oomScoreAdjustment: -200, noNewPrivileges: true,
        input: .keepOpen, limits: LimitsSection(descriptors: 4096, core: 0, memory: 512 << 20, tasks: 200, cpu: 0.5)),
      hooks: [
        .preStart: ["dao-ctl", "prepare"], .postStart: ["/bin/sh", "-c", "dao-ctl announce"], .preStop: ["dao-ctl", "hush"],
        .stop: ["dao-ctl", "drain"], .postStop: ["dao-ctl", "sweep"],
        .reload: ["dao-ctl", "reload"], .reloadCheck: ["/bin/sh", "-c", "dao-ctl check"],
      ],
      readiness: .systemd, hearsMainAlone: true,
      check: .http(
        HTTPCheck(
          url: try HTTPTarget(parsing: "http://127.0.0.1:7001/health"), method: "HEAD", statuses: [200...299, 401...401],
          bodyPattern: "^ok",
          headers: [NamedValue(name: "Accept", value: "text/plain")], followRedirects: 0)),
      healthHistory: 50,
      log: ServiceLogSection(
        mode: .pipe, path: .file("/srv/fog/logs/dao.log"), isShared: true, maxSize: 65536, maxFiles: 2, timestamps: false, streams: .merged,
        memoryLines: 10),
      endpoints: ["http": "http://127.0.0.1:7001"], metrics: MetricsTarget(port: 7001, path: "/m"))
    #expect(file.services[0] == expected)
  }

  @Test("each kind of check is read, and replaces the one of the defaults")
  func checks() {
    #expect(file.services[1].check == .tcp(TCPCheck(address: HostPort(host: "::1", port: 7002), send: "PING\r\n\0", expect: "PONG")))
    #expect(
      file.services[2].check
        == .exec(ExecCheck(command: ["pg_isready"], directory: "/opt", environment: [NamedValue(name: "PGPORT", value: "5432")])))
    #expect(file.services[4].check == .file(FileCheck(path: "/srv/fog/out.alive", maxAge: .seconds(60))))
    #expect(file.services[5].check == .heartbeat)
    #expect(file.services[5].spec.check == CheckPolicy(source: .heartbeat, interval: .seconds(10)))
  }

  @Test("a check that is switched off is no check")
  func disabledCheck() {
    #expect(file.services[3].check == nil)
    #expect(file.services[3].spec.check == nil)
  }

  @Test("kinds, commands, logs and default conditions come out as the page says")
  func others() {
    #expect(file.services.map(\.spec.kind) == [.process, .process, .process, .oneshot, .external, .process, .process, .process])
    #expect(file.services[1].command == ["/bin/sh", "-c", "exec fog-edge"])
    #expect(file.services[1].log.path == .none)
    #expect(file.services[1].log.errorPath == .file("/srv/fog/edge.err"))
    #expect(file.services[5].setup.hasTerminal && file.services[5].setup.input == .keepOpen && file.services[5].log.streams == .merged)
    #expect(file.services[3].log.path == .file("/home/fog/migrate.log"))
    #expect(file.services[4].command == nil)
    #expect(file.services[2].spec.dependencies == [Dependency(ServiceID(3), condition: .completed)])
    #expect(file.services[2].spec.restart == RestartPolicy(rule: .never, maxAttempts: 0))
    #expect(file.services[3].spec.restart.rule == .onFailure)
    #expect(file.graph.services == file.services.map(\.spec))
  }

  @Test("each way of being ready is read, and bounds the start; a time alone does only the latter")
  func readiness() {
    #expect(file.services[1].readiness == .log(pattern: "listening on .*"))
    #expect(file.services[1].spec.start == StartPolicy(isNotified: true, timeout: .seconds(60)))
    #expect(file.services[2].readiness == .s6)
    #expect(file.services[2].spec.start == StartPolicy(isNotified: true, timeout: .seconds(60)))
    #expect(file.services[3].readiness == nil)
    #expect(file.services[3].spec.start == StartPolicy(isNotified: false, timeout: .seconds(5)))
  }

  @Test("a service that writes its log itself has no times before its lines")
  func direct() {
    #expect(file.services[2].log == ServiceLogSection(mode: .direct, path: .default, timestamps: false, streams: .merged))
    #expect(
      file.services[3].log
        == ServiceLogSection(mode: .direct, path: .file("/home/fog/migrate.log"), timestamps: false, streams: .merged))
  }

  @Test("without keys everything has the defaults of service-file.md")
  func defaults() throws {
    let file = try read(
      "version: 1\nservices:\n  a: {command: [a]}\n  b: {kind: oneshot, command: [b]}\n  c: {command: [c], health: {heartbeat: {}}}\n")
    #expect(
      file.supervisor
        == SupervisorSection(
          name: nil, listen: [.tcp(host: "127.0.0.1", port: 10101)], stateDirectory: nil, log: LogSection(level: .info, format: .text),
          excludedMetrics: [], allowedHosts: [], control: nil, allowRemoteControl: false))
    #expect(ControlScope.standard(isRoot: true) == .socket && ControlScope.standard(isRoot: false) == .loopback)
    let backoff = Backoff(base: .seconds(2), factor: 2, max: .seconds(300), jitter: 0)
    let process = ServiceDefinition(
      spec: ServiceSpec(
        name: "a", kind: .process, isEnabled: true, isCritical: true, dependencies: [], layer: nil,
        start: StartPolicy(isNotified: false, timeout: .seconds(60)), hooks: [], watchdog: nil, check: nil,
        restart: RestartPolicy(rule: .always, maxAttempts: 3, backoff: backoff, resetAfter: .seconds(600), successExitCodes: [0]),
        stop: StopPolicy(signal: 15, timeout: .seconds(30), scope: .group),
        heartbeat: HeartbeatPolicy()),
      description: nil, type: "a", version: nil, labels: [:], command: ["a"], directory: "/srv/fog", environment: [],
      environmentFiles: [], inheritsEnvironment: true,
      setup: SetupSection(
        user: nil, group: nil, umask: nil, nice: nil, oomScoreAdjustment: nil, noNewPrivileges: false,
        limits: LimitsSection(descriptors: nil, core: nil, memory: nil, tasks: nil, cpu: nil)),
      hooks: [:], readiness: nil, check: nil, healthHistory: 100,
      log: ServiceLogSection(
        mode: .pipe, path: .default, maxSize: 10_000_000, maxFiles: 5, timestamps: true, streams: .split, memoryLines: 1000),
      endpoints: [:],
      metrics: nil)
    #expect(file.services[0] == process)
    #expect(file.services[1].spec.restart.rule == .onFailure)
    #expect(
      file.services[2].spec.check
        == CheckPolicy(
          source: .heartbeat, interval: .seconds(30), timeout: .seconds(5), failureThreshold: 3, recoveryThreshold: 2,
          startPeriod: .zero, startInterval: .seconds(1), autoRecovery: true))
  }

  @Test("an http check has the defaults of service-file.md")
  func httpDefaults() throws {
    let file = try read(oneService("health: {http: {url: \"http+unix://%2Frun%2Fdao.sock/health\"}}"))
    #expect(
      file.services[0].check
        == .http(
          HTTPCheck(
            url: try HTTPTarget(parsing: "http+unix://%2Frun%2Fdao.sock/health"), method: "GET", statuses: [200...299], bodyPattern: nil,
            headers: [],
            followRedirects: 3)))
    let metrics = try read(oneService("metrics: {port: 1}")).services[0].metrics
    #expect(metrics == MetricsTarget(port: 1, path: "/metrics"))
  }
}
