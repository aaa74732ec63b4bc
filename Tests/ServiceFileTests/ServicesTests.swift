// Services together: defaults, dependencies, kinds, log files.
import Addresses
import Glibc
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Services together")
struct ServicesTests {
  @Test("a service's own key replaces the default, mappings merge key by key, lists do not")
  func defaults() throws {
    let file = try read(
      """
      version: 1
      defaults:
        command: [base, x]
        restart: {policy: never, backoff: {base: 1s, max: 9s}}
        health: {http: {url: "http://h/"}, interval: 10s, timeout: 2s}
        labels: {a: "1", b: "2"}
      services:
        a:
          restart: {backoff: {base: 3s}}
          labels: {b: "3"}
          health: {http: {method: HEAD}, timeout: 3s}
        b:
          command: [own]
          health: {heartbeat: {}}
        c: ~
      """)
    let (a, b, c) = (file.services[0], file.services[1], file.services[2])
    #expect(a.spec.restart.rule == .never)
    #expect(a.spec.restart.backoff == Backoff(base: .seconds(3), max: .seconds(9)))
    #expect(a.labels == ["a": "1", "b": "3"])
    #expect(try a.check == .http(HTTPCheck(url: HTTPTarget(parsing: "http://h/"), method: "HEAD")))
    #expect(a.spec.check?.timeout == .seconds(3))
    #expect(b.command == ["own"])
    #expect(b.check == .heartbeat)
    #expect(b.spec.check?.interval == .seconds(10))
    #expect(c.command == ["base", "x"])
    #expect(try c.check == .http(HTTPCheck(url: HTTPTarget(parsing: "http://h/"))))
  }

  @Test("intervals in defaults alone make no check")
  func defaultIntervals() throws {
    let file = try read("version: 1\ndefaults:\n  health: {interval: 30s}\nservices:\n  a: {command: [x]}\n")
    #expect(file.services[0].spec.check == nil)
    #expect(file.services[0].check == nil)
  }

  @Test("a fault in the defaults is reported once, where it stands, however many services take it")
  func defaultFaults() {
    #expect(
      faults("version: 1\ndefaults: {layer: x, depends_on: [nobody]}\nservices:\n  a: {command: [x]}\n  b: {command: [x]}\n") == [
        "2:19: 'layer' of 'defaults' must be a whole number from 0 to 1000000, not 'x'",
        "2:35: service 'a' depends on 'nobody', which is not in this file",
      ])
  }

  @Test("a oneshot that would be restarted for ever by the defaults is refused")
  func oneshotDefaults() {
    #expect(
      faults("version: 1\ndefaults: {restart: {policy: always}}\nservices:\n  a: {kind: oneshot, command: [x]}\n") == [
        "2:30: service 'a' is a oneshot: 'restart.policy: always' would restart it forever; use on-failure or never"
      ])
  }

  @Test("the default condition follows what is depended on")
  func conditions() throws {
    let file = try read(
      """
      version: 1
      services:
        top: {command: [x], depends_on: [checked, switched, once, plain, outside, notifies, both, bounded]}
        checked: {command: [x], health: {heartbeat: {}}}
        switched: {command: [x], health: {heartbeat: {}, enabled: false}}
        once: {kind: oneshot, command: [x]}
        plain: {command: [x]}
        outside: {kind: external, health: {tcp: {address: "h:1"}}}
        notifies: {command: [x], ready: {notify: s6}}
        both: {command: [x], ready: {log: up}, health: {heartbeat: {}}}
        bounded: {command: [x], ready: {timeout: 5s}}
      """)
    #expect(
      file.services[0].spec.dependencies.map(\.condition)
        == [.healthy, .started, .completed, .started, .healthy, .ready, .healthy, .started])
    #expect(file.services[0].spec.dependencies.map(\.service.index) == Array(1...8))
  }

  @Test("a name that is not in the file is an error, optional or not, with the nearest name")
  func unknownNames() {
    #expect(
      faults("version: 1\nservices:\n  edge: {command: [x]}\n  a: {command: [x], depends_on: {egde: {optional: true}}}\n") == [
        "4:34: service 'a' depends on 'egde', which is not in this file; did you mean 'edge'?"
      ])
  }

  @Test("every cycle is told from its first service, at an edge of it")
  func cycles() {
    #expect(
      faults(
        """
        version: 1
        services:
          a: {command: [x], depends_on: [b]}
          b: {command: [x], depends_on: [c]}
          c: {command: [x], depends_on: {a: {optional: true}}}
          d: {command: [x], depends_on: [e]}
          e: {command: [x], depends_on: [d]}
        """) == ["3:34: cycle: a -> b -> c -> a", "6:34: cycle: d -> e -> d"])
  }

  @Test(
    "a condition that can never be met says why",
    arguments: [
      ("kind: external, health: {tcp: {address: \"h:1\"}}", "completed", "an external service never completes"),
      ("command: [x]", "completed", "that service is kept running (restart.policy: always); make it a oneshot, or wait for 'started'"),
      (
        "command: [x], health: {heartbeat: {}, enabled: false}", "healthy",
        "that service has no check; give it 'health', or wait for 'started'"
      ),
    ])
  func obstacles(service: String, condition: String, reason: String) {
    #expect(
      faults("version: 1\nservices:\n  a: {\(service)}\n  b: {command: [x], depends_on: {a: {condition: \(condition)}}}\n") == [
        "4:49: service 'b' waits for 'a' to be \(condition), but \(reason)"
      ])
  }

  @Test("a process that is not always restarted may complete, and started and ready fit every service")
  func possible() {
    #expect(
      faults(
        """
        version: 1
        services:
          a: {command: [x], restart: {policy: on-failure}}
          b: {command: [x], depends_on: {a: {condition: completed}}}
          c: {command: [x], depends_on: {a: {condition: ready}, b: {condition: started}}}
        """
      ).isEmpty)
  }

  @Test("two services may not write to one log file, however it is spelt")
  func logs() throws {
    try withDirectory { directory in
      try #require(symlink(".", directory + "/link") == 0)
      let text =
        "version: 1\nservices:\n  a: {command: [x], log: {path: \(directory)/x.log}}\n  b: {command: [x], log: {path: \(directory)/link/none/../x.log}}\n"
      #expect(faults(text).count == 1)
      #expect(faults(text).first?.contains("the services 'a' and 'b' would write to one log file") == true)
    }
    let state =
      "version: 1\nstoker: {state_dir: /nowhere/state}\nservices:\n  a: {command: [x]}\n  b: {command: [x], log: {path: /nowhere/state/logs/a.log}}\n"
    #expect(
      faults(state) == [
        "5:33: the services 'a' and 'b' would write to one log file, /nowhere/state/logs/a.log; give each its own, or add 'log.shared: true' to both"
      ])
    let rotated = "version: 1\nservices:\n  a: {command: [x], log: {path: x.log}}\n  b: {command: [x], log: {path: x.log.2.gz}}\n"
    #expect(faults(rotated) == ["4:33: the log of service 'b' would be overwritten when that of 'a' is rotated: /srv/fog/x.log"])
    let none = "version: 1\nservices:\n  a: {command: [x], log: {path: none}}\n  b: {command: [x], log: {path: none}}\n"
    #expect(faults(none).isEmpty)
    let direct =
      "version: 1\nservices:\n  a: {command: [x], log: {mode: direct, path: x.log}}\n  b: {command: [x], log: {path: x.log}}\n"
    #expect(
      faults(direct) == [
        "4:33: the services 'a' and 'b' would write to one log file, /srv/fog/x.log; give each its own, or add 'log.shared: true' to both"
      ])
    let moved =
      "version: 1\nservices:\n  a: {command: [x], log: {mode: direct, path: x.log}}\n  b: {command: [x], log: {mode: direct, path: x.log.1}}\n"
    #expect(faults(moved) == ["4:47: the log of service 'b' would be overwritten when that of 'a' is rotated: /srv/fog/x.log"])
  }

  @Test("services may share a file that all of them call shared, and name and rotate in one way")
  func sharedFiles() {
    func services(_ a: String, _ b: String) -> String {
      "version: 1\nservices:\n  a: {command: [x], log: {path: x.log, \(a)}}\n  b: {command: [x], log: {path: \(b)}}\n"
    }
    #expect(faults(services("shared: true", "x.log, shared: true")).isEmpty)
    let one = "the services 'a' and 'b' would write to one log file, /srv/fog/x.log; give each its own, or add 'log.shared: true' to both"
    #expect(faults(services("shared: true", "x.log")) == ["4:33: \(one)"])
    let share = "the services 'a' and 'b' share one log file, /srv/fog/x.log, and must have the same"
    #expect(
      faults(services("shared: true, max_size: 1MB", "x.log, shared: true")) == ["4:33: \(share) 'log.max_size': it is rotated for both"])
    #expect(
      faults(services("shared: true", "x.log, shared: true, max_files: 2")) == ["4:33: \(share) 'log.max_files': it is rotated for both"])
    #expect(
      faults(services("shared: true", "y.log, stderr_path: x.log"))
        == ["4:53: the services 'a' and 'b' would write to one log file, /srv/fog/x.log; give each its own, or leave out 'log.stderr_path'"]
    )
    #expect(
      faults(services("shared: true", "y.log, stderr_path: ./y.log"))
        == ["4:53: service 'b' has one log file for both of its outputs, /srv/fog/y.log: leave out 'log.stderr_path'"])
    #expect(
      faults(services("shared: true", "y.log, stderr_path: x.log.1"))
        == ["4:53: the log of service 'b' would be overwritten when that of 'a' is rotated: /srv/fog/x.log"])
  }

  @Test("any number of services may write to a standard output of Stoker, in both modes")
  func standardOutputs() {
    let services = ["/dev/stdout", "/dev/stdout", "/dev/stderr", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/1"].enumerated().map {
      "  s\($0): {command: [x], log: {path: \($1), mode: \($0 % 2 == 0 ? "pipe" : "direct")}}\n"
    }
    #expect(faults("version: 1\nservices:\n\(services.joined())").isEmpty)
  }

  @Test("~ is the home directory, and without HOME a fault")
  func home() throws {
    #expect(try read(oneService("directory: ~/x")).services[0].directory == "/home/fog/x")
    #expect(
      faults(oneService("directory: ~/x"), environment: [:]) == [
        "5:16: 'directory' of service 'a' must be an absolute path as HOME is not set, not '~/x'"
      ])
  }
}
