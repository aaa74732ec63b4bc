// Numbers, durations, sizes, words, addresses.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Values")
struct ValueTests {
  @Test(
    "a duration is read exactly",
    arguments: [
      ("500ms", 500), ("2s", 2000), ("5m", 300_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1d2h3m4s5ms", 93_784_005), ("0", 0),
      ("0s", 0), ("30", 30_000), ("0.5", 500), ("1.5s", 1500), ("0.25h", 900_000), ("36525d", 3_155_760_000_000),
    ] as [(String, Int64)])
  func duration(text: String, milliseconds: Int64) {
    #expect(DurationText.parse(text) == .duration(.milliseconds(milliseconds)))
  }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "s", "1x", "1 s", "30m1h", "1h1h", "1h30", "5S", "1.s", ".5s", "1e3", "+1s", "١s", "1..5s", "--1s", "1us", "infinity",
    ])
  func noDuration(text: String) {
    #expect(DurationText.parse(text) == .malformed)
  }

  @Test("negative and endless durations are told apart from nonsense")
  func impossibleDurations() {
    #expect(DurationText.parse("-1s") == .negative)
    #expect(DurationText.parse("36525d1ms") == .tooLong)
    #expect(DurationText.parse("99999999999999999999s") == .tooLong)
    #expect(DurationText.parse("0.0000000019") == .duration(.nanoseconds(1)))
  }

  @Test(
    "a size is read",
    arguments: [
      ("0", 0), ("1024", 1024), ("64KiB", 65536), ("10MB", 10_000_000), ("1GiB", 1 << 30), ("1.5GiB", 3 << 29), ("2tib", 2 << 40),
      ("7B", 7), ("1kB", 1000),
    ] as [(String, UInt64)])
  func size(text: String, bytes: UInt64) {
    #expect(SizeText.parse(text) == bytes)
  }

  @Test("what is no size is refused", arguments: ["", "K", "10M", "1 MB", "-1", "1.5", "1.MB", "1e6", "99999999TiB", "0x10", "1,5MB"])
  func noSize(text: String) {
    #expect(SizeText.parse(text) == nil)
  }

  @Test(
    "a signal has its names and its number",
    arguments: [
      ("TERM", 15), ("SIGTERM", 15), ("15", 15), ("term", 15), ("KILL", 9), ("USR1", 10), ("WINCH", 28), ("RTMIN+3", 37), ("SIGRTMAX", 64),
      ("RTMAX-1", 63),
    ]
      as [(String, Int32)])
  func signal(name: String, number: Int32) {
    #expect(SignalName.number(of: name) == number)
  }

  @Test("what is no signal is refused", arguments: ["", "0", "32", "33", "65", "-9", "TREM", "SIGSIGTERM", "RTMIN+40", "RTMIN-1"])
  func noSignal(name: String) {
    #expect(SignalName.number(of: name) == nil)
  }

  @Test(
    "a slip of the finger finds its word",
    arguments: [
      ("comand", "command"), ("commnad", "command"), ("enviroment", "environment"), ("depends-on", "depends_on"), ("Command", "command"),
      ("helth", "health"),
    ])
  func nearest(word: String, expected: String) {
    #expect(Spelling.nearest(to: word, among: ["command", "environment", "depends_on", "health", "layer"]) == expected)
  }

  @Test("a word that is near to nothing has no hint", arguments: ["colour", "x", "", "restart"])
  func far(word: String) {
    #expect(Spelling.hint(for: word, among: ["command", "environment", "depends_on", "health", "layer"]) == "")
  }

  @Test("foreign text in a message is short and without control characters")
  func shown() {
    #expect(Spelling.shown("a\u{1B}[31m\nb\u{202E}") == "a\u{FFFD}[31m\u{FFFD}b\u{FFFD}")
    #expect(Spelling.shown(String(repeating: "x", count: 100)).count == 61)
  }

  @Test("plain words of YAML 1.1 are booleans where a boolean is wanted, and text where text is")
  func words() throws {
    for word in ["yes", "on", "True", "TRUE"] { #expect(try read(oneService("critical: \(word)")).services[0].spec.isCritical) }
    for word in ["no", "off", "False"] { #expect(try !read(oneService("critical: \(word)")).services[0].spec.isCritical) }
    #expect(faults(oneService("critical: y")) == ["5:15: 'critical' of service 'a' must be true or false, not 'y'"])
    let labels = try read(oneService("labels: {a: on, b: 1.10, c: 0o10, d: 12:30, e: \"~\"}")).services[0].labels
    #expect(labels == ["a": "on", "b": "1.10", "c": "0o10", "d": "12:30", "e": "~"])
  }

  @Test(
    "a quoted number is not a number, and a number is decimal",
    arguments: [
      "layer: \"2\"", "layer: 010", "layer: 0x10", "layer: 1e3", "layer: 1.0", "layer: ~", "health: {heartbeat: {}, interval: \"30\"}",
      "log: {max_size: \"1000\"}",
    ])
  func quoted(line: String) {
    #expect(faults(oneService(line)).count == 1)
  }

  @Test(
    "an address that is none is refused where it stands, with what to write instead",
    arguments: [
      ("\":80\"", "':80'; for every address of the machine the host is 0.0.0.0 or [::]"), ("\"h:+80\"", "'h:+80'"),
      ("\"[x]:80\"", "'[x]:80'; in the brackets stands an IPv6 address"),
      ("\"unix:/tmp/s/\"", "'unix:/tmp/s/'; the path of a socket ends with the name of a file"),
      ("\"unix:/\"", "'unix:/'; the path of a socket ends with the name of a file"),
    ])
  func listeners(text: String, found: String) {
    #expect(
      faults("version: 1\nstoker: {listen: [\(text)]}\nservices: {a: {command: [x]}}\n") == [
        "2:19: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not \(found)"
      ])
  }

  @Test("a listener that stands twice in two spellings is found")
  func twice() {
    for (first, second) in [("LOCALHOST:080", "localhost:80"), ("unix:/run//x", "unix:/run/./x")] {
      let said = faults("version: 1\nstoker: {listen: [\"\(first)\", \"\(second)\"]}\nservices: {a: {command: [x]}}\n")
      #expect(said.count == 1 && said[0].contains("twice"))
    }
    #expect(faults("version: 1\nstoker: {listen: [\"h:0\", \"h:0\"]}\nservices: {a: {command: [x]}}\n") == [])
  }

  @Test(
    "a check's URL is parsed before anything starts",
    arguments: [
      ("http://h/a b", "'http://h/a b'; it is written without spaces, other letters as %XX"),
      ("http://u:p@h/", "one with a password; a password goes into 'headers'"),
      ("http://h:0/", "'http://h:0/'; a port is a number from 1 to 65535"),
      ("http+unix:///run/x", "'http+unix:///run/x'; the socket's path is absolute, and written with %2F for each slash"),
      ("ftp://h/", "'ftp://h/'"),
    ])
  func urls(text: String, found: String) {
    let shape = "a URL such as http://127.0.0.1:8080/health or http+unix://%2Frun%2Fapp.sock/health"
    #expect(
      faults(oneService("health: {http: {url: \"\(text)\"}}")) == ["5:26: 'health.http.url' of service 'a' must be \(shape), not \(found)"])
  }

  @Test("a header without a name is refused")
  func header() {
    #expect(
      faults(oneService("health: {http: {url: \"http://h/\", headers: {\"\": x}}}")).count == 1)
  }

  @Test(
    "a status may be a number, a range, several, or a list",
    arguments: [
      ("200", [200...200]), ("\"200-299\"", [200...299]), ("\"200, 401 - 403\"", [200...200, 401...403]),
      ("[204, 300-399]", [204...204, 300...399]),
    ])
  func statuses(text: String, ranges: [ClosedRange<Int>]) throws {
    let file = try read(oneService("health: {http: {url: \"http://h/\", status: \(text)}}"))
    guard case .http(let check) = file.services[0].check else {
      Issue.record("no http check")
      return
    }
    #expect(check.statuses == ranges)
  }

  @Test("a status that no server sends is refused", arguments: ["99", "600", "299-200", "[]", "abc", "\"200-\"", "200-300-400", "{}"])
  func badStatuses(text: String) {
    #expect(faults(oneService("health: {http: {url: \"http://h/\", status: \(text)}}")).count == 1)
  }

  @Test("a password in a URL or a header never stands in a message")
  func passwords() {
    let lines = "health: {http: {url: \"http://user:hunter2@h/\", headers: {Authorization: \"hunter2\\r\\n\"}}}"
    let said = faults(oneService(lines))
    #expect(said.count == 2)
    #expect(!said.joined().contains("hunter2"))
  }

  @Test("a back-reference in a pattern is refused at load")
  func patterns() {
    #expect(
      faults(oneService("health: {http: {url: \"http://h/\", body: '(a)\\1'}}")).first?.hasPrefix(
        "5:45: 'health.http.body' of service 'a' is not a regular expression: back-references") == true)
  }
}
