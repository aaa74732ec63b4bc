// A service file with every sort of mistake, and all that is said of it at once, letter for letter.
import Testing

@testable import ServiceFile

@Suite("A service file full of mistakes")
struct GoldenErrorsTests {
  static let text = """
    version: 2
    stocker: {}
    stoker:
      name: a/b
      listen: ["127.0.0.1:1", "127.0.0.1:1", ":9100", "::1:80", "[::1]:65536", "unix:run/x.sock", 10101]
      log: {level: inof, format: xml}
      metrics: {exclude: [exit]}
      control: everywhere
      colour: blue
    defaults:
      health: {intervall: 10s, timeout: 0}
      restart: {max_attempts: "3"}
    services:
      dao:
        comand: [fog-dao]
        enabled: "true"
        layer: -1
        version: ~
        labels: [a]
        environment: {STOKER_RUN: x, OK: fine, NESTED: {}}
        depends_on: {edg: {}, dao: {}, p2p: {condition: helthy, optinal: true}}
        health:
          http: {url: "127.0.0.1:7001/health", status: "299-200", body: "(", headers: {Content-Length: 3}}
          tcp: {address: "127.0.0.1:0"}
          failure_threshold: 0
          recovery_threshold: 0.5
      dao:
        command: [twice]
      edge:
        command: []
        directory: ""
        health: {interval: 10s}
        stop: {signal: SIGTREM, timeout: -1s}
        restart: {backoff: {factor: 0.5, jitter: 2, max: 1x}, success_exit_codes: [256]}
        log: {max_files: 0, max_size: 10 megs, path: logs/}
        metrics: {port: 65536, path: metrics}
        endpoints: {http: "127.0.0.1:7001"}
      p2p:
        command: [p2p]
        depends_on: [loop]
        log: {path: logs/one.log}
      loop:
        command: ""
        depends_on: [p2p, p2p]
        log: {path: ./logs//one.log}
      -x:
        kind: oneshoot
      once:
        kind: oneshot
        restart: {policy: always}
      outside:
        kind: external
        command: [nothing]
        user: fog
        watchdog: 5s
        depends_on: {p2p: {on_restart: restrat}}
      setup:
        command: [x]
        user: "a b"
        group: -1
        umask: "0888"
        limits: {nofiles: 1, core: some, memory: 512, tasks: 0.5, cpu: 0}
        nice: -30
        oom_score_adj: "0"
        no_new_privileges: maybe
        ready: {notify: sistemd, log: "[", timeout: 0}
        watchdog: ten
        hooks: {pre_strt: [x], post_start: [], pre_stop: {}}
        stop: {scope: groop, command: ""}
        log: {mode: direct, path: none, timestamps: true}
      job:
        kind: oneshot
        command: [x]
        ready: {log: done}
        watchdog: 5s
      waits:
        command: echo ${NOT_SET}
        depends_on:
          once: {condition: healthy}
          p2p: {condition: completed}
      list: [a, b]

    """

  static let expected = """
    stoker.yaml:1:10: 'version' must be 1, the only format that this Stoker reads, not '2'
    stoker.yaml:2:1: unknown key 'stocker' in the service file; did you mean 'stoker'?
    stoker.yaml:4:9: 'stoker.name' must be 1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit, not 'a/b'
    stoker.yaml:5:27: 'stoker.listen' names '127.0.0.1:1' twice; it stands in line 5 already
    stoker.yaml:5:42: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not ':9100'; for every address of the machine the host is 0.0.0.0 or [::]
    stoker.yaml:5:51: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not '::1:80'; an IPv6 address stands in brackets
    stoker.yaml:5:61: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not '[::1]:65536'; a port is a number from 0 to 65535
    stoker.yaml:5:76: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not 'unix:run/x.sock'; the path must be absolute
    stoker.yaml:5:95: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not '10101'
    stoker.yaml:6:16: 'stoker.log.level' must be trace, debug, info, notice, warning, error or critical, not 'inof'; did you mean 'info'?
    stoker.yaml:6:30: 'stoker.log.format' must be text or json, not 'xml'
    stoker.yaml:7:23: 'stoker.metrics.exclude' must be io, log, exits, histograms, registry, dependencies or state_seconds, not 'exit'; did you mean 'exits'?
    stoker.yaml:8:12: 'stoker.control' must be loopback or socket, not 'everywhere'
    stoker.yaml:9:3: unknown key 'colour' in 'stoker'
    stoker.yaml:11:12: unknown key 'intervall' in 'health' of 'defaults'; did you mean 'interval'?
    stoker.yaml:11:37: 'health.timeout' of 'defaults' must be longer than 0, not '0'
    stoker.yaml:12:27: 'restart.max_attempts' of 'defaults' must be a whole number from 0 to 1000000, or unlimited, not the quoted text '3'
    stoker.yaml:15:5: unknown key 'comand' in service 'dao'; did you mean 'command'?
    stoker.yaml:16:14: 'enabled' of service 'dao' must be true or false, not the quoted text 'true'
    stoker.yaml:17:12: 'layer' of service 'dao' must be from 0 to 1000000, not '-1'
    stoker.yaml:18:14: 'version' of service 'dao' must be text, not nothing
    stoker.yaml:19:13: 'labels' of service 'dao' must be a mapping of names to texts, not a list
    stoker.yaml:20:19: 'environment.STOKER_RUN' of service 'dao' is reserved: Stoker recognises its own processes by it
    stoker.yaml:20:52: 'environment.NESTED' of service 'dao' must be text, not a mapping
    stoker.yaml:21:18: service 'dao' depends on 'edg', which is not in this file; did you mean 'edge'?
    stoker.yaml:21:27: service 'dao' depends on itself
    stoker.yaml:21:53: 'depends_on.p2p.condition' of service 'dao' must be started, ready, healthy, completed or ended, not 'helthy'; did you mean 'healthy'?
    stoker.yaml:21:61: unknown key 'optinal' in 'depends_on.p2p' of service 'dao'; did you mean 'optional'?
    stoker.yaml:23:19: 'health.http.url' of service 'dao' must be a URL such as http://127.0.0.1:8080/health or http+unix://%2Frun%2Fapp.sock/health, not '127.0.0.1:7001/health'
    stoker.yaml:23:52: 'health.http.status' of service 'dao' must be a status from 100 to 599 or a range such as 200-299, not '299-200'
    stoker.yaml:23:69: 'health.http.body' of service 'dao' is not a regular expression: Unmatched ( or \\(
    stoker.yaml:23:84: 'health.http.headers.Content-Length' of service 'dao' is set by Stoker itself
    stoker.yaml:24:7: 'health' of service 'dao' has the checks 'http' and 'tcp': a service has one check
    stoker.yaml:24:22: 'health.tcp.address' of service 'dao' must be HOST:PORT or [V6]:PORT, not '127.0.0.1:0'; a port is a number from 1 to 65535
    stoker.yaml:25:26: 'health.failure_threshold' of service 'dao' must be from 1 to 1000000, not '0'
    stoker.yaml:26:27: 'health.recovery_threshold' of service 'dao' must be a whole number from 1 to 1000000, not '0.5'
    stoker.yaml:27:3: duplicate key 'dao'; it stands in line 14 already
    stoker.yaml:30:14: 'command' of service 'edge' must be a command, not an empty list
    stoker.yaml:31:16: 'directory' of service 'edge' must be text, not empty
    stoker.yaml:32:5: 'health' of service 'edge' has no check: add http, tcp, exec, file or heartbeat, or 'enabled: false'
    stoker.yaml:33:20: 'stop.signal' of service 'edge' must be a signal such as TERM, SIGINT or 15, or none, not 'SIGTREM'; did you mean 'TERM'?
    stoker.yaml:33:38: 'stop.timeout' of service 'edge' must be longer than 0, not '-1s'
    stoker.yaml:34:33: 'restart.backoff.factor' of service 'edge' must be a number from 1 to 1000, not '0.5'
    stoker.yaml:34:46: 'restart.backoff.jitter' of service 'edge' must be a number from 0 to 1, not '2'
    stoker.yaml:34:54: 'restart.backoff.max' of service 'edge' must be a duration such as 500ms, 2s, 1h30m or a number of seconds, not '1x'
    stoker.yaml:34:80: 'restart.success_exit_codes' of service 'edge' must be from 0 to 255, not '256'
    stoker.yaml:35:22: 'log.max_files' of service 'edge' must be from 1 to 10000, not '0'
    stoker.yaml:35:35: 'log.max_size' of service 'edge' must be a size such as 64KiB, 10MB or a number of bytes, not '10 megs'
    stoker.yaml:35:50: 'log.path' of service 'edge' must be a file, not a directory
    stoker.yaml:36:21: 'metrics.port' of service 'edge' must be from 1 to 65535, not '65536'
    stoker.yaml:36:34: 'metrics.path' of service 'edge' must be a path that begins with '/', without spaces, not 'metrics'
    stoker.yaml:37:23: 'endpoints.http' of service 'edge' must be a URL such as http://127.0.0.1:7001
    stoker.yaml:40:18: cycle: p2p -> loop -> p2p
    stoker.yaml:43:14: 'command' of service 'loop' must be a command, not an empty text
    stoker.yaml:44:23: 'depends_on' of service 'loop' names 'p2p' twice; it stands in line 44 already
    stoker.yaml:45:17: the services 'p2p' and 'loop' would write to one log file, /srv/fog/logs/one.log; give each its own, or add 'log.shared: true' to both
    stoker.yaml:46:3: '-x' cannot be a service's name: a name is 1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit
    stoker.yaml:47:11: 'kind' of service '-x' must be process, forking, oneshot or external, not 'oneshoot'; did you mean 'oneshot'?
    stoker.yaml:48:3: 'command' of service 'once' is missing: it must be a list of arguments, or a line for /bin/sh
    stoker.yaml:50:23: service 'once' is a oneshot: 'restart.policy: always' would restart it forever; use on-failure or never
    stoker.yaml:51:3: service 'outside' is external and needs a check: give it 'health' with http, tcp, exec, file or heartbeat
    stoker.yaml:53:5: service 'outside' is external: it is never started, so it can have no 'command'
    stoker.yaml:54:5: service 'outside' is external: it is never started, so it can have no 'user'
    stoker.yaml:55:5: service 'outside' is external: it is never started, so it can have no 'watchdog'
    stoker.yaml:56:36: 'depends_on.p2p.on_restart' of service 'outside' must be ignore, restart or stop, not 'restrat'; did you mean 'restart'?
    stoker.yaml:59:11: 'user' of service 'setup' must be a user's name or number, not 'a b'
    stoker.yaml:60:12: 'group' of service 'setup' must be a group's name or number, not '-1'
    stoker.yaml:61:12: 'umask' of service 'setup' must be three octal digits such as "027", not '0888'
    stoker.yaml:62:14: unknown key 'nofiles' in 'limits' of service 'setup'; did you mean 'nofile'?
    stoker.yaml:62:32: 'limits.core' of service 'setup' must be a size such as 64KiB, 10MB or a number of bytes, not 'some'
    stoker.yaml:62:46: 'limits.memory' of service 'setup' must be at least 4096 bytes, not '512'
    stoker.yaml:62:58: 'limits.tasks' of service 'setup' must be a whole number at least 1, not '0.5'
    stoker.yaml:62:68: 'limits.cpu' of service 'setup' must be a number from 0.001 to 100000, not '0'
    stoker.yaml:63:11: 'nice' of service 'setup' must be from -20 to 19, not '-30'
    stoker.yaml:64:20: 'oom_score_adj' of service 'setup' must be a whole number from -1000 to 1000, not the quoted text '0'
    stoker.yaml:65:24: 'no_new_privileges' of service 'setup' must be true or false, not 'maybe'
    stoker.yaml:66:21: 'ready.notify' of service 'setup' must be systemd or s6, not 'sistemd'; did you mean 'systemd'?
    stoker.yaml:66:30: 'ready' of service 'setup' has both 'notify' and 'log': a start is done by one of them
    stoker.yaml:66:35: 'ready.log' of service 'setup' is not a regular expression: Invalid regular expression
    stoker.yaml:66:49: 'ready.timeout' of service 'setup' must be longer than 0, not '0'
    stoker.yaml:67:15: 'watchdog' of service 'setup' must be a duration such as 500ms, 2s, 1h30m or a number of seconds, not 'ten'
    stoker.yaml:68:13: unknown key 'pre_strt' in 'hooks' of service 'setup'; did you mean 'pre_start'?
    stoker.yaml:68:40: 'hooks.post_start' of service 'setup' must be a command, not an empty list
    stoker.yaml:68:54: 'hooks.pre_stop' of service 'setup' must be a command: a list of arguments, or a line for /bin/sh, not a mapping
    stoker.yaml:69:19: 'stop.scope' of service 'setup' must be group or process, not 'groop'; did you mean 'group'?
    stoker.yaml:69:35: 'stop.command' of service 'setup' must be a command, not an empty text
    stoker.yaml:70:31: 'log.path' of service 'setup' must be a file with 'mode: direct', not 'none': the service writes to it itself
    stoker.yaml:70:49: 'log.timestamps' of service 'setup' cannot be true with 'mode: direct': the service writes its lines itself
    stoker.yaml:74:13: service 'job' is a oneshot: it is done when it ends, so it can have no 'ready.log'
    stoker.yaml:75:5: service 'job' is a oneshot: it is done when it ends, so it can have no 'watchdog'
    stoker.yaml:77:14: the environment variable 'NOT_SET' is not set; set it, or give a default: ${NOT_SET:-default}
    stoker.yaml:79:25: service 'waits' waits for 'once' to be healthy, but that service has no check; give it 'health', or wait for 'started'
    stoker.yaml:80:24: service 'waits' waits for 'p2p' to be completed, but that service is kept running (restart.policy: always); make it a oneshot, or wait for 'started'
    stoker.yaml:81:9: service 'list' must be a mapping, not a list
    """

  @Test("is answered with all of them, in the file's order, each at its place and with what to write instead")
  func all() {
    let error = #expect(throws: ServiceFileError.self) { try read(Self.text) }
    #expect(error?.description == Self.expected)
  }
}
