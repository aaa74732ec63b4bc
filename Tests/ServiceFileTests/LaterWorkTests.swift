// What the format has and this version does not do yet is refused, never ignored.
import Testing

@testable import ServiceFile

@Suite("Not supported yet")
struct LaterWorkTests {
  @Test(
    "a key whose work belongs to a later version is refused at its place",
    arguments: [
      ("user: fog", "4:5: 'user' of service 'a'"), ("user: 1000", "4:5: 'user' of service 'a'"),
      ("group: fog", "4:5: 'group' of service 'a'"), ("umask: \"027\"", "4:5: 'umask' of service 'a'"),
      ("umask: 027", "4:5: 'umask' of service 'a'"),
      ("limits: {nofile: 4096, core: 0, memory: 512MiB, tasks: 200, cpu: 0.5}", "4:5: 'limits' of service 'a'"),
      ("nice: 5", "4:5: 'nice' of service 'a'"), ("oom_score_adj: 200", "4:5: 'oom_score_adj' of service 'a'"),
      ("no_new_privileges: true", "4:5: 'no_new_privileges' of service 'a'"),
      ("hooks: {pre_start: [a], post_start: b, pre_stop: c, post_stop: d}", "4:5: 'hooks' of service 'a'"),
      ("ready: {notify: systemd, timeout: 60s}", "4:5: 'ready' of service 'a'"),
      ("ready: {log: \"listening on .*\"}", "4:5: 'ready' of service 'a'"), ("watchdog: 10s", "4:5: 'watchdog' of service 'a'"),
      ("log: {mode: direct}", "4:17: 'mode: direct' in 'log' of service 'a'"),
      ("stop: {command: [\"dao-ctl\", \"drain\"]}", "4:12: 'stop.command' of service 'a'"),
      ("stop: {scope: process}", "4:19: 'scope: process' in 'stop' of service 'a'"),
      ("health: {grpc: {address: \"127.0.0.1:7001\", service: fog.Dao}}", "4:14: 'health.grpc' of service 'a'"),
      (
        "health: {http: {url: \"http://h/\", verify_tls: false}}",
        "4:51: 'verify_tls: false' in 'health.http' of service 'a'"
      ),
    ])
  func service(line: String, start: String) {
    let text = "version: 1\nservices: {a: {command: [sleep],\n\n    \(line)}}\n"
    #expect(faults(text) == [start + " is not supported yet"])
  }

  @Test("an https check is refused as not supported yet")
  func https() {
    #expect(
      faults(oneService("health: {http: {url: \"https://h/\"}}")) == [
        "5:26: 'health.http.url' of service 'a': https checks are not supported yet"
      ])
  }

  @Test("web_config, remote control and on_restart are refused as not supported yet")
  func others() {
    #expect(
      faults(
        """
        version: 1
        stoker: {web_config: web.yml, allow_remote_control: true}
        services:
          a: {command: [a]}
          b: {command: [b], depends_on: {a: {on_restart: restart}}}
        """) == [
          "2:10: 'stoker.web_config' is not supported yet", "2:31: 'stoker.allow_remote_control' is not supported yet",
          "5:50: 'on_restart: restart' in 'depends_on.a' of service 'b' is not supported yet",
        ])
  }

  @Test(
    "a wrong type in such a key is reported as such",
    arguments: [
      ("umask: \"888\"", "must be three octal digits such as \"027\", not '888'"),
      ("nice: 20", "must be from -20 to 19, not '20'"), ("watchdog: 0", "must be longer than 0, not '0'"),
      ("limits: 5", "'limits' of service 'a' must be a mapping, not '5'"),
      ("limits: {nofiles: 1}", "unknown key 'nofiles' in 'limits' of service 'a'; did you mean 'nofile'?"),
      ("hooks: {pre_start: {}}", "must be a command: a list of arguments, or a line for /bin/sh, not a mapping"),
      ("ready: {notify: upstart}", "must be systemd or s6, not 'upstart'"),
      ("ready: {log: \"(\"}", "is not a regular expression"), ("stop: {command: []}", "must be a command, not an empty list"),
      ("ready: {log: a, notify: s6}", "has both 'notify' and 'log'"),
    ])
  func wrongTypes(line: String, message: String) {
    #expect(faults(oneService(line)).contains { $0.contains(message) })
  }

  @Test("what asks for nothing is accepted: the default written out, an empty mapping")
  func harmless() {
    let lines = "no_new_privileges: false\nhooks: {}\nlimits: {}\nready: {}\nlog: {mode: pipe}\nstop: {scope: group}"
    #expect(faults(oneService(lines)).isEmpty)
  }
}
