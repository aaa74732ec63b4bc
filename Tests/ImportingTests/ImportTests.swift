// Files of other tools as service files.

import Orchestration
import ServiceFile
import Testing

@testable import Importing

/// Imports one file.
func imported(_ text: String, as name: String, _ files: Set<String> = []) throws -> Imported {
  let file = try ForeignFile(name: name, path: "/srv/app/\(name)", bytes: Array(text.utf8), tool: nil)
  return try Imported([file], directory: "/srv/app") { files.contains($0) }
}

/// The service file that an import wrote.
func service(_ text: String, as name: String, _ files: Set<String> = []) throws -> ServiceFile {
  try ServiceFile.parse(try imported(text, as: name, files).text, path: "/srv/app/stoker.yaml", environment: [:])
}

@Suite("Import of a Procfile")
struct ProcfileTests {
  private let text = "# comment\nweb: gunicorn app:app --bind :$PORT\nworker: python worker.py\nrelease: ./migrate\nnonsense\n"

  @Test("each line is a service, with the port that foreman would give it; a release is a oneshot; what is no line is a comment")
  func lines() throws {
    let file = try service(text, as: "Procfile")
    #expect(file.services.map(\.spec.name) == ["web", "worker", "release"])
    #expect(file.services[0].command == ["/bin/sh", "-c", "gunicorn app:app --bind :$PORT"])
    #expect(file.services[0].environment == [NamedValue(name: "PORT", value: "5000")])
    #expect(file.services[1].environment.isEmpty && file.services[2].spec.kind == .oneshot)
    let all = try imported(text, as: "Procfile")
    #expect((all.services, all.taken, all.left) == (3, 3, 1))
    #expect(all.text.contains("# Procfile:5: nonsense\n#   (it is no line of the form NAME: COMMAND)"))
  }

  @Test("the .env beside it is named if it is there")
  func dotenv() throws {
    #expect(try service(text, as: "Procfile", ["/srv/app/.env"]).services[0].environmentFiles.map(\.path) == ["/srv/app/.env"])
    #expect(try service(text, as: "Procfile").services[0].environmentFiles.isEmpty)
  }

  @Test("a file without a line of it is refused")
  func none() {
    #expect(throws: ServiceFileError.self) { try imported("hello\n", as: "Procfile") }
  }
}

@Suite("Import of supervisord's files")
struct SupervisordTests {
  private let text = """
    [supervisord]
    nodaemon=true ; a comment
    loglevel=warn

    [program:web]
    command=/srv/web --name "a b" --home %(ENV_HOME)s/%(program_name)s
    directory=/srv
    user=fog
    numprocs=2
    process_name=%(program_name)s_%(process_num)02d
    autostart=false
    autorestart=unexpected
    exitcodes=0,3
    startretries=5
    startsecs=2
    stopsignal=INT
    stopwaitsecs=7
    redirect_stderr=true
    stdout_logfile=/srv/logs/web-%(process_num)d.log
    stdout_logfile_maxbytes=5MB
    stdout_logfile_backups=3
    environment=A="1,2",B='x y',
      C=%%
    priority=10
    """

  @Test("each setting of a program has its key, references to variables stay references")
  func program() throws {
    let file = try service(text, as: "app.conf")
    let web = file.services[0]
    #expect(file.services.map(\.spec.name) == ["web@1", "web@2"])
    #expect(web.command == ["/srv/web", "--name", "a b", "--home", "/web"])
    #expect(web.directory == "/srv" && web.setup.user == "fog" && !web.spec.isEnabled)
    #expect(web.spec.restart.rule == .onFailure && web.spec.restart.successExitCodes == [0, 3] && web.spec.restart.maxAttempts == 5)
    #expect(web.spec.start.minUptime == .seconds(2) && web.spec.stop.signal == 2 && web.spec.stop.timeout == .seconds(7))
    #expect(
      web.environment == [NamedValue(name: "A", value: "1,2"), NamedValue(name: "B", value: "x y"), NamedValue(name: "C", value: "%")])
    #expect(web.log.path == .file("/srv/logs/web-1.log") && web.log.maxFiles == 4)
    let all = try imported(text, as: "app.conf")
    #expect(all.text.contains("level: warning") && all.text.contains("${HOME:-}/web"))
    #expect(all.text.contains("# app.conf:2: [supervisord] nodaemon = true\n#   (Stoker always stays in the foreground)"))
    #expect((all.services, all.left) == (1, 3))
  }

  @Test("what cannot be read is an error with its line", arguments: ["a=b\n", "[program:x]\nnothing\n"])
  func faults(text: String) {
    #expect(throws: ServiceFileError.self) { try imported(text, as: "x.conf") }
  }

  @Test("a program without a command is a comment as a whole, with all its settings")
  func lacking() throws {
    let all = try imported("[program:x]\nuser=a\n[program:y]\ncommand=y\n", as: "x.conf")
    #expect(all.services == 1 && all.text.contains("# Not imported: x, as it has no command here\n  # x.conf:2: user = a\n"))
  }
}

@Suite("Import of units of systemd")
struct SystemdTests {
  @Test("a daemon with a pid file, several commands before it, and its reload by a signal")
  func forking() throws {
    let text = """
      [Unit]
      Description=A server
      After=network.target
      [Service]
      Type=forking
      PIDFile=/run/%p.pid
      ExecStartPre=/usr/sbin/server -t -q
      ExecStartPre=-/bin/mkdir /run/x
      ExecStart=/usr/sbin/server \\
        -g 'daemon on; master on;'
      ExecReload=/bin/kill -HUP $MAINPID
      TimeoutStopSec=1min 5s
      KillMode=mixed
      LimitNOFILE=1024:4096
      MemoryMax=512M
      PrivateTmp=true
      [Install]
      WantedBy=multi-user.target
      """
    let file = try service(text, as: "server.service")
    let server = file.services[0]
    #expect(server.spec.kind == .forking && server.pidFile == "/run/server.pid" && server.description == "A server")
    #expect(server.command == ["/usr/sbin/server", "-g", "daemon on; master on;"])
    #expect(server.hooks[.preStart] == ["/bin/sh", "-c", "{ /usr/sbin/server -t -q; } && { /bin/mkdir /run/x || true; }"])
    #expect(server.spec.stop.timeout == .seconds(65) && server.spec.stop.scope == .process && server.spec.restart.rule == .never)
    let all = try imported(text, as: "server.service")
    #expect(all.left == 2, "PrivateTmp and After=network.target")
    #expect(all.text.contains("signal: HUP"))
  }

  @Test("variables make a line for the shell, as systemd divides them")
  func variables() throws {
    let text =
      "[Service]\nEnvironment=\"A=b c\" D=e\nEnvironmentFile=-/etc/default/x\nEnvironmentFile=/etc/y\nExecStart=/bin/x $OPTS --a=${A}\n"
    let unit = try service(text, as: "x.service").services[0]
    #expect(unit.command == ["/bin/sh", "-c", "exec /bin/x $OPTS \"--a=${A}\""])
    #expect(unit.environment == [NamedValue(name: "A", value: "b c"), NamedValue(name: "D", value: "e")])
    #expect(unit.environmentFiles.map(\.isOptional) == [true, false])
  }

  @Test("units that are imported together depend on each other")
  func together() throws {
    let files = try [
      ("db", "[Service]\nExecStart=/db\nType=notify\n"),
      ("web", "[Unit]\nRequires=db.service\nAfter=db.service other.service\n[Service]\nExecStart=/web\n"),
    ].map { try ForeignFile(name: "\($0).service", path: "/etc/\($0).service", bytes: Array($1.utf8), tool: nil) }
    let all = try Imported(files, directory: "/srv")
    let file = try ServiceFile.parse(all.text, path: "/srv/stoker.yaml", environment: [:])
    #expect(file.graph.services[1].dependencies.map(\.service.index) == [0])
    #expect(all.text.contains("no service 'other.service' was imported"))
  }
}

@Suite("Import of process-compose, Compose and pm2")
struct YAMLImportTests {
  @Test("a file of process-compose")
  func processCompose() throws {
    let text = """
      version: "0.5"
      environment: ["A=b"]
      processes:
        db:
          command: postgres -D "$DATA"
          readiness_probe:
            exec: {command: pg_isready}
            period_seconds: 5
            failure_threshold: 4
          shutdown: {signal: 2, timeout_seconds: 9}
        web:
          command: ./web
          depends_on: {db: {condition: process_healthy}}
          availability: {restart: on_failure, backoff_seconds: 3, max_restarts: 0}
          unknown: {deep: [1, 2]}
      """
    let file = try service(text, as: "process-compose.yaml")
    #expect(file.services[0].command == ["/bin/sh", "-c", "postgres -D \"$DATA\""])
    #expect(file.services[0].spec.check?.interval == .seconds(5) && file.services[0].spec.check?.failureThreshold == 4)
    #expect(file.services[0].spec.stop.signal == 2 && file.services[0].spec.restart.rule == .never)
    #expect(file.graph.services[1].dependencies.map(\.condition) == [.healthy])
    #expect(file.services[1].spec.restart.rule == .onFailure && file.services[1].spec.restart.maxAttempts == nil)
    #expect(file.services[1].environment == [NamedValue(name: "A", value: "b")])
    #expect(try imported(text, as: "process-compose.yaml").text.contains("unknown = {deep: [1, 2]}"))
  }

  @Test("a Compose file: commands and entrypoints, variables as Compose replaces them")
  func compose() throws {
    let text = """
      services:
        db:
          image: postgres
          command: ["postgres", "-c", "max=${MAX:-5}"]
          healthcheck: {test: ["CMD", "pg_isready"], interval: 10s, retries: 4}
        web:
          entrypoint: ./web
          command: --price 5$$ --name $NAME
          environment: {A: "1", B: }
          depends_on: {db: {condition: service_healthy, restart: true}}
          restart: on-failure:3
          stop_grace_period: 1m30s
          deploy: {replicas: 2, resources: {}}
      """
    let file = try service(text, as: "compose.yaml")
    #expect(file.services.map(\.spec.name) == ["db", "web@1", "web@2"])
    #expect(file.services[0].command == ["postgres", "-c", "max=5"])
    #expect(file.services[1].command == ["./web", "--price", "5$", "--name", ""])
    #expect(file.services[1].spec.restart.maxAttempts == 3 && file.services[1].spec.stop.timeout == .seconds(90))
    #expect(file.graph.services[1].dependencies.map(\.onRestart) == [.restart])
  }

  @Test("an ecosystem file of pm2")
  func pm2() throws {
    let text = """
      {"apps": [{"name": "api", "script": "./server.js", "args": "--port 80", "node_args": ["--inspect"], "instances": "max",
        "env": {"NODE_ENV": "production"}, "env_staging": {"A": "b"}, "max_restarts": 4, "restart_delay": 1500, "watch": true}]}
      """
    let file = try service(text, as: "ecosystem.config.json")
    #expect(file.services[0].command == ["node", "--inspect", "./server.js", "--port", "80"])
    #expect(file.services[0].spec.restart.backoff.base == .milliseconds(1500) && file.services[0].spec.restart.maxAttempts == 4)
    let all = try imported(text, as: "ecosystem.config.json")
    #expect(all.text.contains("Stoker watches no files") && all.text.contains("write the number"))
  }
}

@Suite("What every import keeps to")
struct ImportRuleTests {
  @Test("what the reader of service files refuses is a comment with its words, and so is what needs it")
  func refused() throws {
    let text = "[program:x]\ncommand=x\numask=9\nstopsignal=NOSUCH\nstdout_logfile=relative.log\n"
    let all = try imported(text, as: "x.conf")
    #expect(all.text.contains("# x.conf:4: stopsignal = NOSUCH") && all.text.contains("# x.conf:3: umask = 9"))
    #expect((all.taken, all.left) == (2, 2))
  }

  @Test("nothing in a comment or a value can be more than that")
  func hostile() throws {
    let all = try imported("[program:x]\ncommand=x \"a b\"\nuser=root\u{85}evil: true\u{2028}more\nodd=\u{1}\u{0}\n", as: "x.conf")
    #expect(try ServiceFile.parse(all.text, path: "/x.yaml", environment: [:]).services.count <= 1)
    #expect(!all.text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0 == "\u{85}" || $0 == "\u{2028}" })
  }

  @Test("names become legal and stay apart")
  func names() throws {
    let all = try imported("[program:a b]\ncommand=x\n[program:a-b]\ncommand=y\n[program:--]\ncommand=z\n", as: "x.conf")
    #expect(try ServiceFile.parse(all.text, path: "/x.yaml", environment: [:]).services.map(\.spec.name) == ["a-b", "a-b-2", "service"])
  }

  @Test("a file that tells no tool is refused, and one that is not UTF-8")
  func unknown() {
    #expect(throws: ServiceFileError.self) { try imported("x", as: "notes.txt") }
    #expect(throws: ServiceFileError.self) {
      try Imported([ForeignFile(name: "x.conf", path: "/x.conf", bytes: [0xff, 0xfe, 0x5b], tool: nil)], directory: "/")
    }
  }
}
