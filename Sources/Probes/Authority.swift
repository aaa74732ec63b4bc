// HOST, HOST:PORT and [V6]:PORT, as they stand in addresses and URLs.

import NIOCore

/// A host and, where it is written, a port.
struct Authority: Equatable {
  /// Without brackets.
  let host: String
  let port: Int?

  init(parsing text: some StringProtocol) throws(AddressError) {
    let host: Substring
    let rest: Substring
    let text = Substring(text)
    if text.first == "[", let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard (try? SocketAddress(ipAddress: String(host), port: 0)) != nil, host.contains(":") else { throw .badHost(String(host)) }
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = text[..<colon]
      rest = text[colon...]
      guard !host.isEmpty else { throw .noHost }
      guard host.utf8.allSatisfy(Authority.isNameByte), host.utf8.count <= 255, rest.filter({ $0 == ":" }).count <= 1 else {
        throw .badHost(String(text))
      }
    }
    self.host = String(host)
    guard let colon = rest.first else {
      port = nil
      return
    }
    guard colon == ":" else { throw .badHost(String(text)) }
    let digits = rest.dropFirst()
    // Int() alone would take "+80".
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), (1...65535).contains(number) else {
      throw .badPort(String(digits))
    }
    port = number
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
