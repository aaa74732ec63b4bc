// The table of keys that people know from other tools. A test parses every example.

extension OtherTools {
  /// All entries, in the order of the page.
  static let table = file + supervisor + service + containers + process + ends + order + limits + unplanned + parts

  private static func named(_ words: [String], _ place: Place, _ name: String, _ example: String) -> Entry {
    Entry(words: words, place: place, advice: "its name here is '\(name)'", example: example)
  }

  private static func said(_ words: [String], _ place: Place, _ advice: String, _ example: String? = nil) -> Entry {
    Entry(words: words, place: place, advice: advice, example: example)
  }

  private static let file = [
    named(["processes", "programs", "program", "apps"], .file, "services", "services: {web: {command: [/srv/web]}}"),
    said(["environment", "env"], .file, "variables of all services stand under 'defaults'", "defaults: {environment: {LANG: C}}"),
    said(["networks", "volumes", "secrets", "configs"], .file, "Stoker starts programs of this machine, without containers"),
    named(["name"], .file, "stoker.name", "stoker: {name: node-1}"),
    named(["log_level", "loglevel"], .file, "stoker.log.level", "stoker: {log: {level: debug}}"),
    named(["inet_http_server", "unix_http_server", "port"], .file, "stoker.listen", "stoker: {listen: [\"127.0.0.1:10101\"]}"),
  ]

  private static let supervisor = [
    named(["port", "address", "bind"], .supervisor, "listen", "listen: [\"127.0.0.1:10101\"]"),
    named(["log_level", "loglevel"], .supervisor, "log.level", "log: {level: debug}"),
  ]

  private static let service = [
    named(["ExecStart", "entrypoint", "cmd", "script"], .service, "command", "command: [/srv/web, --port, \"8080\"]"),
    said(["args", "arguments"], .service, "arguments follow the program in 'command'", "command: [/srv/web, --port, \"8080\"]"),
    said(["interpreter"], .service, "the interpreter comes first in 'command'", "command: [python3, web.py]"),
    named(["working_dir", "WorkingDirectory", "workdir", "cwd"], .service, "directory", "directory: /srv/web"),
    named(["env"], .service, "environment", "environment: {LANG: C}"),
    named(["env_file", "env_files", "EnvironmentFiles", "dotenv"], .service, "environment_file", "environment_file: web.env"),
    named(["uid"], .service, "user", "user: web"),
    named(["gid"], .service, "group", "group: web"),
    named(["autostart", "disabled"], .service, "enabled", "enabled: false"),
    said(["profiles"], .service, "a service that starts on demand is not 'enabled'", "enabled: false"),
    named(["namespace"], .service, "type", "type: batch"),
    said(["RemainAfterExit", "oneshot"], .service, "a program that ends when its work is done is a oneshot", "kind: oneshot"),
    said(
      ["is_daemon", "daemonize"], .service,
      "a program stays in the foreground, by an option in its 'command'; one that cannot is 'kind: forking' with 'pid_file'",
      "command: [nginx, -g, daemon off;]"),
    said(["PIDFile"], .service, "its name here is 'pid_file', for 'kind: forking'"),
    named(["is_tty"], .service, "tty", "tty: true"),
    named(["stdin_open", "StandardInput"], .service, "stdin", "stdin: keep_open"),
    said(["is_foreground"], .service, "a service has no terminal of people, and reads no keys", "tty: true"),
  ]

  private static let containers = [
    said(
      ["image", "build", "container_name", "volumes", "networks", "network_mode", "privileged", "cap_add", "devices"], .service,
      "Stoker starts programs of this machine, not containers", "command: [/srv/web, --port, \"8080\"]"),
    said(["ports", "expose"], .service, "Stoker forwards no ports: a program listens where its own settings say"),
    said(["secrets", "configs", "LoadCredential"], .service, "Stoker passes on no secrets but variables", "environment_file: web.env"),
    said(["DynamicUser"], .service, "Stoker makes no users: name one", "user: web"),
  ]

  private static let process = [
    named(
      ["healthcheck", "health_check", "readiness_probe", "liveness_probe"], .service, "health",
      "health: {http: {url: \"http://127.0.0.1:8080/health\"}}"),
    said(["Type", "wait_ready"], .service, "a start that is done with a notification is 'ready.notify'", "ready: {notify: systemd}"),
    named(["ready_log_line"], .service, "ready.log", "ready: {log: listening}"),
    named(["TimeoutStartSec", "listen_timeout"], .service, "ready.timeout", "ready: {timeout: 30s}"),
    named(["startsecs", "min_uptime"], .service, "ready.min_uptime", "ready: {min_uptime: 5s}"),
    named(["WatchdogSec"], .service, "watchdog", "watchdog: 30s"),
    named(["RuntimeMaxSec"], .service, "runtime_max", "runtime_max: 1h"),
    named(["ExecStartPre"], .service, "hooks.pre_start", "hooks: {pre_start: [/srv/prepare]}"),
    named(["ExecStartPost"], .service, "hooks.post_start", "hooks: {post_start: [/srv/announce]}"),
    named(["ExecStopPost"], .service, "hooks.post_stop", "hooks: {post_stop: [/srv/tidy]}"),
    named(["ExecReload"], .service, "reload", "reload: {signal: HUP}"),
    named(
      [
        "stdout_logfile", "StandardOutput", "out_file", "log_file", "log_location", "logging",
      ],
      .service, "log.path", "log: {path: logs/web.log}"),
    named(["stderr_logfile", "StandardError", "error_file"], .service, "log.stderr_path", "log: {stderr_path: logs/web.err}"),
    named(["redirect_stderr"], .service, "log.streams", "log: {streams: merged}"),
    named(["merge_logs", "combine_logs"], .service, "log.shared", "log: {path: logs/web.log, shared: true}"),
    named(["stdout_logfile_maxbytes"], .service, "log.max_size", "log: {max_size: 50MB}"),
    named(["stdout_logfile_backups"], .service, "log.max_files", "log: {max_files: 10}"),
  ]

  private static let ends = [
    named(["autorestart", "restart_policy", "availability"], .service, "restart", "restart: on-failure"),
    named(["startretries", "max_restarts", "StartLimitBurst"], .service, "restart.max_attempts", "restart: {max_attempts: 5}"),
    named(
      ["RestartSec", "restart_delay", "exp_backoff_restart_delay"], .service, "restart.backoff.base", "restart: {backoff: {base: 5s}}"),
    named(["StartLimitIntervalSec"], .service, "restart.reset_after", "restart: {reset_after: 10m}"),
    named(
      ["exitcodes", "SuccessExitStatus", "stop_exit_codes"], .service, "restart.success_exit_codes",
      "restart: {success_exit_codes: [0, 3, SIGTERM]}"),
    named(["shutdown"], .service, "stop", "stop: {signal: INT, timeout: 30s}"),
    named(["stopsignal", "stop_signal", "KillSignal"], .service, "stop.signal", "stop: {signal: INT}"),
    named(
      ["stop_grace_period", "stopwaitsecs", "kill_timeout", "stop_timeout", "TimeoutStopSec"], .service, "stop.timeout",
      "stop: {timeout: 30s}"),
    named(["KillMode", "stopasgroup", "killasgroup", "treekill"], .service, "stop.scope", "stop: {scope: process}"),
    named(["ExecStop"], .service, "stop.command", "stop: {command: [/srv/web, stop]}"),
  ]

  private static let order = [
    named(["After", "Requires", "BindsTo", "PartOf", "links"], .service, "depends_on", "depends_on: [db]"),
    said(["Wants"], .service, "a dependency that may be missing is 'optional'", "depends_on: {db: {optional: true}}"),
    said(["priority"], .service, "the order comes from 'depends_on', or from 'layer'", "layer: 1"),
    named(["numprocs", "replicas", "scale", "deploy", "exec_mode"], .service, "instances", "instances: 3"),
  ]

  private static let limits = [
    named(["LimitNOFILE", "ulimits", "minfds"], .service, "limits.nofile", "limits: {nofile: 4096}"),
    named(["LimitCORE"], .service, "limits.core", "limits: {core: 0}"),
    named(["MemoryMax", "mem_limit", "memory_limit"], .service, "limits.memory", "limits: {memory: 512MB}"),
    named(["CPUQuota", "cpus", "cpu_limit"], .service, "limits.cpu", "limits: {cpu: 0.5}"),
    named(["TasksMax", "pids_limit"], .service, "limits.tasks", "limits: {tasks: 100}"),
    named(["OOMScoreAdjust"], .service, "oom_score_adj", "oom_score_adj: -500"),
  ]

  /// Wishes that Stoker does not fulfil, and its own ways.
  private static let unplanned = [
    said(
      ["max_memory_restart"], .service, "memory use is no reason for a restart, but it can be limited", "limits: {memory: 512MB}"),
    said(["watch", "ignore_watch", "autoreload"], .service, "Stoker watches no files: use 'stoker restart' after a change"),
    said(["cron_restart", "cron", "schedule", "OnCalendar"], .service, "schedules are not supported yet"),
    said(["OnFailure", "on_failure"], .service, "Stoker runs nothing on a failure: alerts tell people"),
  ]

  /// Keys of the mappings in a service.
  private static let parts = [
    said(["required"], .dependency, "a dependency that is not required is 'optional'", "optional: true"),
    named(["restart"], .dependency, "on_restart", "on_restart: restart"),
    named(["test", "cmd", "command"], .health, "exec", "exec: {command: [/srv/check]}"),
    named(["http_get", "url"], .health, "http", "http: {url: \"http://127.0.0.1:8080/health\"}"),
    named(["port", "tcp_socket"], .health, "tcp", "tcp: {address: \"127.0.0.1:8080\"}"),
    named(["period", "period_seconds"], .health, "interval", "interval: 10s"),
    named(["timeout_seconds"], .health, "timeout", "timeout: 5s"),
    named(["retries"], .health, "failure_threshold", "failure_threshold: 3"),
    named(["success_threshold"], .health, "recovery_threshold", "recovery_threshold: 2"),
    named(["initial_delay", "initial_delay_seconds"], .health, "start_period", "start_period: 30s"),
    named(["disable", "disabled"], .health, "enabled", "enabled: false"),
    named(["condition"], .restart, "policy", "policy: on-failure"),
    named(["retries", "max_retries", "max_restarts"], .restart, "max_attempts", "max_attempts: 5"),
    named(["delay", "backoff_seconds", "RestartSec"], .restart, "backoff.base", "backoff: {base: 5s}"),
    named(["window"], .restart, "reset_after", "reset_after: 10m"),
    named(["exit_codes", "exitcodes"], .restart, "success_exit_codes", "success_exit_codes: [0, 3]"),
    named(["grace_period", "timeout_seconds", "kill_timeout"], .stop, "timeout", "timeout: 30s"),
    named(["kill_signal", "stopsignal"], .stop, "signal", "signal: INT"),
    named(["parent_only"], .stop, "scope", "scope: process"),
    named(["log_line", "pattern"], .ready, "log", "log: listening"),
    named(["startsecs"], .ready, "min_uptime", "min_uptime: 5s"),
    named(["file", "location", "filename"], .log, "path", "path: logs/web.log"),
    named(["max_bytes", "maxbytes"], .log, "max_size", "max_size: 50MB"),
    named(["max_backups", "backups", "max_file"], .log, "max_files", "max_files: 10"),
    said(["level", "format"], .log, "level and format of the log of Stoker itself stand under 'stoker.log'"),
  ]
}
