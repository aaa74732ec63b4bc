// `${NAME}` with its forms, and `$$`, in the strings of a service file.

/// Replaces names of the environment in a string (service-file.md).
/// A `$` followed by anything else stays, so that `$HOME` in a shell line works.
struct Interpolation {
  let environment: [String: String]
  /// The name of the instance that is read (rule 89): the value of `${instance}`, whatever the environment has.
  var instance: String?

  /// A fault in a string, as a sentence for its place.
  struct Failure: Error {
    var message: String
  }

  /// The deepest nesting of references in defaults.
  private static let maximumDepth = 8

  /// The text with every reference replaced.
  func replace(_ text: String) throws(Failure) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    return try replace(Array(text.utf8)[...], depth: 0)
  }

  /// Whether the text may name the instance.
  static func namesInstance(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "$")) && text.contains("${instance") }

  private func replace(_ bytes: ArraySlice<UInt8>, depth: Int) throws(Failure) -> String {
    guard depth < Self.maximumDepth else { throw Failure(message: "'${…}' is nested deeper than \(Self.maximumDepth)") }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var position = bytes.startIndex
    while position < bytes.endIndex {
      let byte = bytes[position]
      let following = position + 1 < bytes.endIndex ? bytes[position + 1] : nil
      if byte == UInt8(ascii: "$"), following == UInt8(ascii: "$") {
        output.append(byte)
        position += 2
      } else if byte == UInt8(ascii: "$"), following == UInt8(ascii: "{") {
        guard let end = Self.closingBrace(of: bytes, from: position + 2) else {
          throw Failure(message: "'${' has no '}'; write '$${' for the two characters themselves")
        }
        output.append(contentsOf: try value(of: bytes[(position + 2)..<end], depth: depth).utf8)
        position = end + 1
      } else {
        output.append(byte)
        position += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The forms that a shell has, too. With `:` an empty value counts as unset.
  private enum Form {
    /// `-`: a default for an unset name.
    case otherwise
    /// `?`: a fault with a message for an unset name.
    case required
    /// `+`: a text for a name that is set.
    case instead

    init?(_ byte: UInt8) {
      switch byte {
      case UInt8(ascii: "-"): self = .otherwise
      case UInt8(ascii: "?"): self = .required
      case UInt8(ascii: "+"): self = .instead
      default: return nil
      }
    }
  }

  /// The value of a name, or of a form with its text.
  private func value(of reference: ArraySlice<UInt8>, depth: Int) throws(Failure) -> String {
    let nameEnd = reference.firstIndex { !Self.isNameByte($0) } ?? reference.endIndex
    let name = String(decoding: reference[..<nameEnd], as: UTF8.self)
    var rest = reference[nameEnd...]
    let isName = reference.first.map { Self.isNameByte($0) && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    let isBare = rest.isEmpty
    let countsEmpty = rest.first == UInt8(ascii: ":")
    if countsEmpty { rest.removeFirst() }
    let form = rest.popFirst().flatMap(Form.init)
    guard isName, isBare || form != nil else {
      let shown = Spelling.shown(String(decoding: reference, as: UTF8.self))
      throw Failure(
        message: "'${\(shown)}' is not ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+text}; "
          + "write '$${' for the two characters themselves")
    }
    let known = name == "instance" ? instance ?? environment[name] : environment[name]
    let value = countsEmpty && known?.isEmpty == true ? nil : known
    switch form {
    case .otherwise:
      if let value { return value }
      return try replace(rest, depth: depth + 1)
    case .instead: return value == nil ? "" : try replace(rest, depth: depth + 1)
    case .required:
      if let value { return value }
      // The message is shown as it is written: no environment value ends in a log.
      let message = Spelling.shown(String(decoding: rest, as: UTF8.self))
      throw Failure(
        message: "the environment variable '\(name)' is \(known == nil ? "not set" : "empty")\(message.isEmpty ? "" : ": \(message)")")
    case nil:
      if let known { return known }
      let advice = name == "instance" ? "; in a service with 'instances' it is the name of the instance" : ""
      throw Failure(message: "the environment variable '\(name)' is not set; set it, or give a default: ${\(name):-default}\(advice)")
    }
  }

  private static func closingBrace(of bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
    var open = 1
    var position = start
    while position < bytes.endIndex {
      if bytes[position] == UInt8(ascii: "}") {
        open -= 1
        if open == 0 { return position }
      } else if bytes[position] == UInt8(ascii: "$"), position + 1 < bytes.endIndex, bytes[position + 1] == UInt8(ascii: "{") {
        open += 1
        position += 1
      }
      position += 1
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
