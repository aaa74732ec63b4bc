// libyaml's events as Swift values.
import CYAML

/// A thin wrapper of libyaml that pulls events one at a time and frees each at once.
struct YAMLParser: ~Copyable {
  struct Event {
    var kind: Kind
    var mark: Mark
    var anchor: String?
    var tag: String?
  }

  enum Kind {
    case scalar(String, isPlain: Bool)
    case alias(String)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case documentStart, documentEnd, streamEnd
    /// An event without meaning here.
    case other
  }

  /// The text is not YAML.
  struct SyntaxError: Error {
    var mark: Mark
    var message: String
  }

  // libyaml keeps a pointer to the parser inside the parser: it must never move.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeBufferPointer<UInt8>
  /// The number of the file.
  private let file: Int

  /// A parser over `input`, which must outlive it.
  init(_ input: UnsafeBufferPointer<UInt8>, file: Int = 0) throws(SyntaxError) {
    self.input = input
    self.file = file
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw SyntaxError(mark: Mark(line: 1, column: 1, file: file), message: "out of memory")
    }
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event.
  func next() throws(SyntaxError) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    let mark = self.mark(event.start_mark)
    let data = event.data
    return switch event.type {
    case YAML_SCALAR_EVENT:
      Event(
        kind: .scalar(
          String(decoding: UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length), as: UTF8.self),
          isPlain: data.scalar.style == YAML_PLAIN_SCALAR_STYLE),
        mark: mark, anchor: Self.text(data.scalar.anchor), tag: Self.text(data.scalar.tag))
    case YAML_ALIAS_EVENT:
      Event(kind: .alias(Self.text(data.alias.anchor) ?? ""), mark: mark)
    case YAML_SEQUENCE_START_EVENT:
      Event(
        kind: .sequenceStart, mark: mark, anchor: Self.text(data.sequence_start.anchor), tag: Self.text(data.sequence_start.tag))
    case YAML_MAPPING_START_EVENT:
      Event(kind: .mappingStart, mark: mark, anchor: Self.text(data.mapping_start.anchor), tag: Self.text(data.mapping_start.tag))
    case YAML_SEQUENCE_END_EVENT: Event(kind: .sequenceEnd, mark: mark)
    case YAML_MAPPING_END_EVENT: Event(kind: .mappingEnd, mark: mark)
    case YAML_DOCUMENT_START_EVENT: Event(kind: .documentStart, mark: mark)
    case YAML_DOCUMENT_END_EVENT: Event(kind: .documentEnd, mark: mark)
    case YAML_STREAM_END_EVENT: Event(kind: .streamEnd, mark: mark)
    default: Event(kind: .other, mark: mark)
    }
  }

  /// libyaml's own message, with the place where it stopped.
  private func syntaxError() -> SyntaxError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
    // For bad UTF-8 and control characters libyaml reports only a byte offset.
    if parser.pointee.error == YAML_READER_ERROR {
      return SyntaxError(mark: mark(atByte: parser.pointee.problem_offset), message: problem)
    }
    var message = problem
    if let context = parser.pointee.context {
      let begun = mark(parser.pointee.context_mark)
      message += " (\(String(cString: context)) begun at \(begun.line):\(begun.column))"
    }
    let mark = self.mark(parser.pointee.problem_mark)
    if isTab(at: mark) { message += "; indent with spaces, a tab is not allowed here" }
    return SyntaxError(mark: mark, message: message)
  }

  private func isTab(at mark: Mark) -> Bool {
    var line = 1
    var column = 1
    for byte in input {
      if line == mark.line, column == mark.column { return byte == UInt8(ascii: "\t") }
      if line > mark.line { return false }
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return false
  }

  private func mark(atByte offset: Int) -> Mark {
    var mark = Mark(line: 1, column: 1, file: file)
    for byte in input.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        mark.line += 1
        mark.column = 1
      } else if byte & 0xC0 != 0x80 {
        mark.column += 1
      }
    }
    return mark
  }

  private func mark(_ mark: yaml_mark_t) -> Mark {
    Mark(line: Int(mark.line) + 1, column: Int(mark.column) + 1, file: file)
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }
}
