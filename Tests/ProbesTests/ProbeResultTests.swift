// Messages and details: bounded, harmless, well-formed.

import Testing

@testable import Probes

@Suite("result of a check") struct ProbeResultTests {
  @Test("a message holds no control characters and at most 256 scalars")
  func message() {
    func message(_ text: String) -> String { ProbeResult(passed: true, message: text, responseTime: .zero).message }
    #expect(message("a\r\nb\u{1B}[31m\u{202E}c\u{2028}d") == "a  b [31m c d")
    let longest = String(repeating: "ü", count: 256)
    #expect(message(longest) == longest)
    #expect(message(longest + "x") == String(repeating: "ü", count: 255) + "…")
    #expect(message("e" + String(repeating: "\u{301}", count: 10_000)).unicodeScalars.count == 256)
  }

  @Test(
    "one complete JSON object is recognised",
    arguments: [
      "{}", " {\n} ", #"{"a":1}"#, #"{"a":[1,-2.5e+3,0,true,false,null,"x\u00e9\n\"}"],"b":{"c":{}}}"#, #"{"ü":""}"#,
      #"{"a" : [ ] , "b" : 0.0E-1}"#,
    ])
  func object(text: String) { #expect(JSONText.isObject(Array(text.utf8))) }

  @Test(
    "what is not one complete JSON object is not taken for one",
    arguments: [
      "", " ", "[]", "1", "\"{}\"", "{", "}", "{}{}", "{} x", "{a:1}", "{'a':1}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#,
      #"{"a":1.}"#,
      #"{"a":.5}"#, #"{"a":1e}"#, #"{"a":+1}"#, #"{"a":-}"#, #"{"a":tru}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, "{\"a\":\"b\nc\"}",
      #"{"a":[1 2]}"#,
      #"{"a":"}"#, "\u{FEFF}{}", #"{"a":NaN}"#, "{\"a\":\0}",
    ])
  func notAnObject(text: String) { #expect(!JSONText.isObject(Array(text.utf8))) }

  @Test("bytes that are not UTF-8 and objects nested beyond 64 are not taken")
  func limits() {
    #expect(!JSONText.isObject(Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)))
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "{\"a\":", count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)).utf8)
    }
    #expect(JSONText.isObject(nested(64)))
    #expect(!JSONText.isObject(nested(65)))
    #expect(!JSONText.isObject([UInt8](repeating: UInt8(ascii: "["), count: 64 << 10)))
    #expect(!JSONText.isObject(Array(String(repeating: "{\"a\":", count: 10_000).utf8)))
  }

  @Test(
    "durations are written with the unit that fits",
    arguments: [
      (Duration.seconds(5), "5 s"), (.milliseconds(250), "250 ms"), (.milliseconds(1500), "1.5 s"), (.milliseconds(2005), "2.005 s"),
      (.zero, "0 s"),
      (.seconds(90), "90 s"),
    ])
  func durations(duration: Duration, text: String) { #expect(duration.text == text) }
}
