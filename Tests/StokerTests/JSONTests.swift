// JSON values: order, escapes, numbers.

import Testing

@testable import Stoker

@Suite("JSON")
struct JSONTests {
  private func text(_ json: JSON) -> String { String(decoding: json.render(), as: UTF8.self) }

  @Test("keeps the order of members and escapes what must be escaped")
  func rendering() {
    #expect(text(["b": 1, "a": [true, nil, "q\"\\\n\u{1}é"]]) == "{\"b\":1,\"a\":[true,null,\"q\\\"\\\\\\n\\u0001é\"]}\n")
  }

  @Test("writes whole numbers without a point, and null for what JSON cannot say")
  func numbers() {
    #expect(text([12.5, 3.0, .number(.nan), .number(.infinity), JSON(UInt64.max)]) == "[12.5,3,null,null,9223372036854775807]\n")
  }

  @Test("reads back what it wrote")
  func roundTrip() throws {
    let value: JSON = ["a": [1, 2.5, "x", nil, false], "b": ["c": "d"]]
    #expect(try JSON(parsing: value.render()) == value)
    #expect(try JSON(parsing: value.render(pretty: true)) == value)
  }

  @Test("refuses what is not JSON", arguments: ["", "{", "{\"a\":}", "nul", "{\"a\" 1}"])
  func refusal(_ text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
  }
}
