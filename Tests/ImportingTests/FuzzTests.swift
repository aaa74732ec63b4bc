// Damaged files of every kind: a clear error, or a service file that is accepted, in which no setting is missing.

import Glibc
import ServiceFile
import Testing

@testable import Importing

@Suite("Damaged files of other tools")
struct ImportFuzzTests {
  private static let samples: [ForeignTool: String] = [
    .procfile: "web: gunicorn app --bind :$PORT\nworker: python w.py\nrelease: ./m\n",
    .supervisord:
      "[supervisord]\nnodaemon=true\n[program:web]\ncommand=/srv/web --a \"b c\" %(ENV_HOME)s\nnumprocs=2\nenvironment=A=\"1,2\",B=x\nautorestart=unexpected\nexitcodes=0,3\nstdout_logfile=/l/%(program_name)s.log\nstopsignal=INT\n[group:g]\nprograms=web\n[include]\nfiles=*.conf\n",
    .systemd:
      "[Unit]\nAfter=a.service network.target\n[Service]\nType=forking\nPIDFile=/run/x.pid\nExecStartPre=-/a b\nExecStart=/x $OPTS \\\n  --b\nExecReload=/bin/kill -HUP $MAINPID\nEnvironment=\"A=b c\"\nTimeoutStopSec=1min 5s\nMemoryMax=5G\nCPUQuota=20%\n[Install]\nWantedBy=x\n",
    .processCompose:
      "version: '0.5'\nprocesses:\n  db: &d\n    command: p\n    readiness_probe: {exec: {command: a}, period_seconds: 5}\n    shutdown: {signal: 2}\n  web:\n    <<: *d\n    depends_on: {db: {condition: process_healthy}}\n    environment: [A=b, C]\n",
    .compose:
      "x-a: &a {restart: always}\nservices:\n  db:\n    <<: *a\n    command: [p, '${X:?m}']\n    healthcheck: {test: [CMD, p], interval: 5s}\n  web:\n    entrypoint: ./w $A\n    depends_on: [db]\n    ulimits: {nofile: {soft: 5}}\n    environment: {A: b, C: }\n",
    .pm2:
      "{\"apps\": [{\"name\": \"a\", \"script\": \"a.js\", \"args\": [\"x\"], \"env\": {\"A\": 1}, \"instances\": 2}, {\"script\": \"b.py\", \"watch\": true}]}\n",
  ]

  /// `make import-fuzz` sets more.
  private static let count = getenv("IMPORT_FUZZ").flatMap { Int(String(cString: $0)) } ?? 300

  @Test(
    "a damaged file is refused in words, or becomes a service file that is right, with each setting in it", arguments: ForeignTool.allCases)
  func damaged(tool: ForeignTool) async throws {
    let sample = Array(try #require(Self.samples[tool]).utf8)
    var taken = 0
    for seed in 0..<UInt64(Self.count) {
      if seed % 50 == 0 { await Task.yield() }
      var draws = Draws(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(tool.rawValue.utf8.count))
      let bytes = Self.damage(sample, &draws)
      let name = tool == .systemd ? "x.service" : "x"
      do {
        let file = try ForeignFile(name: name, path: "/srv/\(name)", bytes: bytes, tool: tool)
        let all = try Imported([file], directory: "/srv") { _ in seed % 2 == 0 }
        let missing = try Self.settings(of: file).subtracting(all.places)
        #expect(missing.isEmpty, "seed \(seed): \(missing)\n\(String(decoding: bytes, as: UTF8.self))\n\(all.text)")
        taken += 1
      } catch let error as ServiceFileError {
        #expect(!error.diagnostics.isEmpty && error.diagnostics.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
      }
    }
    #expect(taken > Self.count / 10, "most damage leaves a file that can be read")
  }

  @Test("importing what import wrote changes nothing", arguments: ForeignTool.allCases)
  func again(tool: ForeignTool) throws {
    let file = try ForeignFile(
      name: tool == .systemd ? "x.service" : "x", path: "/srv/x", bytes: Array(try #require(Self.samples[tool]).utf8), tool: tool)
    let once = try Imported([file], directory: "/srv")
    let own = try ForeignFile(name: "stoker.yaml", path: "/srv/stoker.yaml", bytes: Array(once.text.utf8), tool: nil)
    let twice = try Imported([own], directory: "/srv")
    #expect(once.text == twice.text && (twice.taken, twice.left) == (0, 0))
  }

  /// The places of all settings, by the readers alone.
  private static func settings(of file: ForeignFile) throws -> Set<Place> {
    switch file.tool {
    case .supervisord: return Set(try INIFile(file, .python).sections.flatMap(\.settings).map(\.place))
    case .systemd: return Set(try INIFile(file, .systemd).sections.flatMap(\.settings).map(\.place))
    case .procfile:
      let lines = try file.lines().enumerated().filter { !$0.element.trimmed.isEmpty && !$0.element.trimmed.hasPrefix("#") }
      return Set(lines.map { Place(file: file.name, line: $0.offset + 1) })
    case .compose, .processCompose, .pm2:
      let root = try ForeignYAML.read(file.bytes, file: file.name)
      let services = root["services"] ?? root["processes"] ?? root["apps"]
      let own = (services?.entries.map(\.value) ?? services?.elements ?? []).filter(\.isMapping).flatMap(\.entries)
      // Mappings that are read key by key have the places of their keys.
      return Set(own.flatMap { places(of: $0, file) })
    }
  }

  private static func places(of entry: ForeignValue.Entry, _ file: ForeignFile) -> [Place] {
    let parts = ["healthcheck", "deploy", "ulimits", "availability", "shutdown", "readiness_probe", "depends_on", "liveness_probe"]
    let isDivided = parts.contains(entry.key) && !entry.value.entries.isEmpty
    return (isDivided ? entry.value.entries.map(\.line) : [entry.line]).map { Place(file: file.name, line: $0) }
  }

  private struct Draws {
    var state: UInt64

    mutating func number(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(max(1, bound)))
    }
  }

  private static let pieces = [
    "=", ":", "\"", "'", "\\", "\n", "[", "]", "{", "}", "$", "${", "%", "%(", ")s", "%i", "@", "-", " ", "\t", "#", ";", ",", "\u{0}",
    "\u{e9}",
    "&a", "*a", "<<", "!!str", "0", "99999999999999999999", "-1", "true", "null", "\r", "\r\n", "\u{FEFF}", "infinity", "1e9", "NaN",
  ]

  private static func damage(_ sample: [UInt8], _ draws: inout Draws) -> [UInt8] {
    var bytes = sample
    for _ in 0...draws.number(below: 4) {
      let at = draws.number(below: bytes.count + 1)
      switch draws.number(below: 6) {
      case 0: if at < bytes.count { bytes[at] = UInt8(draws.number(below: 256)) }
      case 1: bytes.insert(contentsOf: Array(pieces[draws.number(below: pieces.count)].utf8), at: at)
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + 1 + draws.number(below: 8)))
      case 3:
        // A line twice, or elsewhere.
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let line = lines[draws.number(below: lines.count)]
        bytes.insert(contentsOf: Array(line) + [10], at: at)
      case 4:
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let gone = draws.number(below: lines.count)
        bytes = Array(lines.enumerated().filter { $0.offset != gone }.map(\.element).joined(separator: [10]))
      default: bytes.insert(contentsOf: Array(pieces[draws.number(below: pieces.count)].utf8), at: at)
      }
    }
    return bytes
  }
}
