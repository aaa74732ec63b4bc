// Answers as servers write them, byte by byte and at once.

import Testing

@testable import Probes

@Suite("Answers of HTTP checks") struct AnswerReaderTests {
  /// The end of an answer, its body, and whether it is over before the connection is.
  private struct Read: Equatable {
    var ending: HTTPReply.Ending
    var status: Int?
    var body: String?
    var isOver: Bool
  }

  private func read(_ text: String, pieces: Int, isBodyless: Bool = false, limit: Int = 1000) -> Read {
    var reader = AnswerReader(bodyLimit: limit, isBodyless: isBodyless)
    var ending: HTTPReply.Ending?
    var rest = Array(text.utf8)[...]
    while ending == nil, !rest.isEmpty {
      ending = reader.read(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    let body = reader.reply.map { String(decoding: $0.body, as: UTF8.self) }
    return Read(ending: ending ?? reader.ended(), status: reader.reply?.status, body: body, isOver: ending != nil)
  }

  private static let whole = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok and more", "ok"),
    ("\r\n\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ("HTTP/1.1 200 \nContent-length:2\n\nok", "ok"),
    ("HTTP/1.0 200 OK\r\nContent-Length : 2\t\r\n\r\nok", "ok"),
    ("HTTP/1.1  200   Fine\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ("HTTP/1.1 200 OK\r\n stray: 1\r\nX-Folded: a\r\n b\r\n\tc: d\r\nContent-Length:\r\n  2\r\n\r\nok", "ok"),
    ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\no\n\n1\nk\n0\n\n", "o\nk"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0002 ; name=\"v\"\r\nok\r\n000\r\nX-Trailer: 1\r\n\r\n", "ok"),
    ("HTTP/1.1 200 OK\nTRANSFER-ENCODING: CHUNKED\r\nContent-Length: 77\n\n2\r\nok\n0\r\n\n", "ok"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ("HTTP/1.1 100\n\nHTTP/1.1 103 Early Hints\nLink: <a>\nContent-Length: 9\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
    ("HTTP/1.1 200 OK\r\nX-Latin: \u{e9}\r\nContent-Length: 2\r\n\r\nok", "ok"),
  ]

  @Test("an answer that a browser takes is taken, and is over with its last byte", arguments: whole, [1, 7, 1000])
  func takes(answer: (text: String, body: String), pieces: Int) {
    let read = read(answer.text, pieces: pieces)
    #expect(read == Read(ending: .complete, status: 200, body: answer.body, isOver: true))
  }

  @Test(
    "an answer that ends with its connection",
    arguments: [
      ("HTTP/1.0 200 OK\r\n\r\nok\n", "ok\n"), ("HTTP/1.1 200\n\nok\n", "ok\n"), ("HTTP/1.0 200 OK\r\n\r\n", ""),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nok\n", "ok\n"),
      // The last chunk is there, and so all of the body.
      ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nok\n\n0\n", "ok\n"),
    ], [1, 1000])
  func untilEnd(answer: (text: String, body: String), pieces: Int) {
    #expect(read(answer.text, pieces: pieces) == Read(ending: .complete, status: 200, body: answer.body, isOver: false))
  }

  @Test("an answer that has no body is over with its head, whatever its fields say", arguments: [1, 1000])
  func bodyless(pieces: Int) {
    for (status, isBodyless) in [(204, false), (304, false), (101, false), (200, true), (503, true)] {
      for fields in ["Content-Length: 10", "Transfer-Encoding: chunked", "X: 1"] {
        let read = read("HTTP/1.1 \(status) \n\(fields)\n\n", pieces: pieces, isBodyless: isBodyless)
        #expect(read == Read(ending: .complete, status: status, body: "", isOver: true), "\(status) \(fields)")
      }
    }
  }

  @Test(
    "no guess is made about an end",
    arguments: [
      "SSH-2.0", "HTTQ", "\u{15}\u{3}", "HTTP/1.1 abc\n", "HTTP/1.1 20\n", "HTTP/1.1 2000\n", "HTTP/1.1\n", "HTTP/11 200\n",
      "HTTP/1.1 099 \n",
      "HTTP/1.1 200\nContent-Length: +4\n\n", "HTTP/1.1 200\nContent-Length: 4\nContent-Length: 5\n\n",
      "HTTP/1.1 200\nContent-Length: 99999999999999999999\n\n", "HTTP/1.1 200\nno colon\n\n", "HTTP/1.1 200\n: 1\n\n",
      "HTTP/1.1 200\na b: 1\n\n", "HTTP/1.1 200\nLocation: /\rX: 1\n\n", "HTTP/1.1 200\nX: \0\n\n",
    ], [1, 1000])
  func refuses(text: String, pieces: Int) {
    #expect(read(text, pieces: pieces) == Read(ending: .broken(.notHTTP), status: nil, body: nil, isOver: true))
  }

  @Test(
    "a chunk without its size or its end",
    arguments: ["\n", "x\n", "-1\n", "+1\n", "1\nab", "1\na\r\r\n", "8000000000000000\n", " \n"], [1, 1000])
  func chunks(text: String, pieces: Int) {
    let read = read("HTTP/1.1 200\nTransfer-Encoding: chunked\n\n\(text)\n", pieces: pieces)
    #expect(read.ending == .broken(.notHTTP) && read.status == 200 && read.isOver)
  }

  @Test("what breaks off")
  func breaksOff() {
    for text in ["", "\n", "HTTP/1.1 200 OK\n", "HTTP/1.1 100\n\n", "HTTP/1.1 200\nX: 1"] {
      #expect(read(text, pieces: 1).ending == .broken(.closedBeforeAnswer), "\(text)")
    }
    for text in ["Content-Length: 2\n\no", "Transfer-Encoding: chunked\n\n", "Transfer-Encoding: chunked\n\n2\nok\n"] {
      #expect(read("HTTP/1.1 200\n\(text)", pieces: 1).ending == .broken(.closedInAnswer), "\(text)")
    }
  }

  @Test("heads, lines and bodies have bounds", arguments: [1, 1000])
  func bounds(pieces: Int) {
    let long = String(repeating: "x", count: 16 << 10)
    for text in ["X: \(long)", String(repeating: "X: 1\n", count: 101), String(repeating: "X: \(long.dropFirst(10))\n", count: 5)] {
      #expect(read("HTTP/1.1 200\n\(text)", pieces: pieces).ending == .broken(.headTooLarge))
    }
    for text in ["1;\(long)", "0\n" + String(repeating: "X: 1\n", count: 101)] {
      #expect(read("HTTP/1.1 200\nTransfer-Encoding: chunked\n\n\(text)", pieces: pieces).ending == .broken(.notHTTP))
    }
    for text in ["Content-Length: 6\n\nabcdef", "X: 1\n\nabcdef", "Transfer-Encoding: chunked\n\n3\nabc\n3\ndef\n0\n\n"] {
      let read = read("HTTP/1.1 200\n\(text)", pieces: pieces, limit: 5)
      #expect(read == Read(ending: .cut, status: 200, body: "abcde", isOver: true))
    }
    #expect(read("HTTP/1.1 200\nContent-Length: 5\n\nabcde", pieces: pieces, limit: 5).ending == .complete)
  }
}
