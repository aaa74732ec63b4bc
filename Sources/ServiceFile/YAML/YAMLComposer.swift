// The composer: YAML events to a tree of nodes, within limits that hold for every file.

/// Builds the tree of a file. It reports duplicate keys, tags and unset names and goes on; syntax errors and exceeded limits end it.
struct YAMLComposer {
  /// The largest file read.
  static let maximumSize = 4 << 20
  /// The deepest nesting, aliases followed.
  static let maximumDepth = 64
  /// The most nodes that all aliases together may stand for: enough for a thousand services that share much, too few for a bomb of a few
  /// lines.
  static let maximumAliasedNodes = 500_000

  private let context: ReadingContext
  /// The number of the file.
  private let file: Int
  /// Nil for a file whose `${NAME}` are nobody's here.
  private let interpolation: Interpolation?
  private var anchors: [String: Composed] = [:]
  private var nodes = 0
  private var aliasedNodes = 0

  /// Thrown after a fault has been reported that leaves no tree.
  private struct Abandoned: Error {}

  /// A node with its measures for the limits.
  private struct Composed {
    var node: Node
    var height: Int
    var count: Int
  }

  private init(_ context: ReadingContext, _ file: Int, interpolates: Bool) {
    self.context = context
    self.file = file
    interpolation = interpolates ? Interpolation(environment: context.environment) : nil
  }

  /// The tree of the file's one document; nil, with the fault reported, where there is none.
  static func compose(_ bytes: [UInt8], of file: Int = 0, interpolates: Bool = true, reportingTo context: ReadingContext) -> Node? {
    guard bytes.count <= maximumSize else {
      context.report(Mark(line: 1, column: 1, file: file), "the file is larger than 4 MiB")
      return nil
    }
    return bytes.withUnsafeBufferPointer { input in
      var composer = YAMLComposer(context, file, interpolates: interpolates)
      do throws(YAMLParser.SyntaxError) {
        let parser = try YAMLParser(input, file: file)
        return composer.document(of: parser)
      } catch {
        context.report(error.mark, error.message)
        return nil
      }
    }
  }

  private mutating func document(of parser: borrowing YAMLParser) -> Node? {
    do throws(Abandoned) {
      var root: Node?
      while true {
        let event = try next(parser)
        switch event.kind {
        case .documentStart where root != nil:
          throw abandon(event.mark, "a service file is one YAML document; a second one begins here")
        case .streamEnd:
          if root == nil {
            throw abandon(
              Mark(line: 1, column: 1, file: file), file == 0 ? "the file is empty; it begins with 'version: 1'" : "the file is empty")
          }
          return root
        case .documentStart, .documentEnd, .other:
          break
        case .scalar, .alias, .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd:
          root = try node(event, parser, depth: 0).node
        }
      }
    } catch {
      return nil
    }
  }

  private mutating func node(_ event: YAMLParser.Event, _ parser: borrowing YAMLParser, depth: Int) throws(Abandoned) -> Composed {
    guard depth < Self.maximumDepth else { throw abandon(event.mark, "nested deeper than \(Self.maximumDepth)") }
    let before = nodes
    nodes += 1
    var composed: Composed
    switch event.kind {
    case .scalar(let text, let isPlain):
      composed = Composed(node: Node(value: scalar(text, isPlain: isPlain, event), mark: event.mark), height: 1, count: 1)
    case .alias(let name):
      return try alias(name, event.mark, depth: depth)
    case .sequenceStart:
      composed = try sequence(event, parser, depth: depth)
    case .mappingStart:
      composed = try mapping(event, parser, depth: depth)
    case .sequenceEnd, .mappingEnd, .documentStart, .documentEnd, .streamEnd, .other:
      throw abandon(event.mark, "the file ends in the middle of a value")
    }
    composed.count = nodes - before
    if let anchor = event.anchor { anchors[anchor] = composed }
    return composed
  }

  private mutating func scalar(_ text: String, isPlain: Bool, _ event: YAMLParser.Event) -> Node.Value {
    var isPlain = isPlain
    if let tag = event.tag {
      if tag != "!", tag != "tag:yaml.org,2002:str" {
        context.report(event.mark, "the tag '\(Spelling.shown(tag))' is not supported: write the plain value")
      }
      isPlain = false
    }
    if isPlain, ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
    guard let interpolation else { return .scalar(Node.Scalar(text: text, source: text, isPlain: isPlain)) }
    do throws(Interpolation.Failure) {
      if Interpolation.namesInstance(text) { return .scalar(try instanced(text, isPlain: isPlain, interpolation)) }
      return .scalar(Node.Scalar(text: try interpolation.replace(text), source: text, isPlain: isPlain))
    } catch {
      // A name that is not set may stand in a file that could not be read, which is reported.
      if !context.lacksVariables { context.report(event.mark, error.message) }
      // The intended value is unknown. It reads as absent, and its place reports no further fault.
      context.silence(event.mark)
      return .scalar(Node.Scalar(text: text, source: text, isPlain: isPlain))
    }
  }

  /// A text with `${instance}`: its instances replace it, and whether it may stand there is known only when it is read.
  private func instanced(_ text: String, isPlain: Bool, _ interpolation: Interpolation) throws(Interpolation.Failure) -> Node.Scalar {
    context.namesInstance = true
    var scalar = Node.Scalar(text: text, source: text, isPlain: isPlain, namesInstance: true)
    // All other faults of the text are reported now.
    _ = try Interpolation(environment: context.environment, instance: "1").replace(text)
    do throws(Interpolation.Failure) { scalar.text = try interpolation.replace(text) } catch { scalar.unset = error.message }
    return scalar
  }

  private mutating func alias(_ name: String, _ mark: Mark, depth: Int) throws(Abandoned) -> Composed {
    guard let target = anchors[name] else {
      throw abandon(mark, "the alias '*\(Spelling.shown(name))' has no anchor '&\(Spelling.shown(name))' before it")
    }
    aliasedNodes += target.count
    nodes += target.count
    guard aliasedNodes <= Self.maximumAliasedNodes else {
      throw abandon(mark, "the aliases of this file stand for more than \(Self.maximumAliasedNodes) values")
    }
    guard depth + target.height <= Self.maximumDepth else { throw abandon(mark, "nested deeper than \(Self.maximumDepth)") }
    return target
  }

  private mutating func sequence(
    _ start: YAMLParser.Event, _ parser: borrowing YAMLParser, depth: Int
  ) throws(Abandoned) -> Composed {
    checkTag(start, is: "tag:yaml.org,2002:seq")
    var elements: [Node] = []
    var height = 0
    while true {
      let event = try next(parser)
      if case .sequenceEnd = event.kind { break }
      let element = try node(event, parser, depth: depth + 1)
      elements.append(element.node)
      height = max(height, element.height)
    }
    return Composed(node: Node(value: .sequence(elements), mark: start.mark), height: height + 1, count: 0)
  }

  private mutating func mapping(
    _ start: YAMLParser.Event, _ parser: borrowing YAMLParser, depth: Int
  ) throws(Abandoned) -> Composed {
    checkTag(start, is: "tag:yaml.org,2002:map")
    var entries: [Node.Entry] = []
    var lines: [String: Int] = [:]
    var merged: [Node.Entry] = []
    var height = 0
    while true {
      let event = try next(parser)
      if case .mappingEnd = event.kind { break }
      let key = try self.key(event, parser, depth: depth)
      let value = try node(try next(parser), parser, depth: depth + 1)
      height = max(height, value.height)
      guard let key else { continue }
      if let first = lines[key] {
        context.report(event.mark, "duplicate key '\(Spelling.shown(key))'; it stands in line \(first) already")
        continue
      }
      lines[key] = event.mark.line
      if key == "<<" {
        merged += mergeEntries(value.node)
      } else {
        entries.append(Node.Entry(key: key, keyMark: event.mark, value: value.node))
      }
    }
    // A merge key adds the keys that the mapping does not have itself; the first of several wins.
    for entry in merged where lines[entry.key] == nil {
      lines[entry.key] = entry.keyMark.line
      entries.append(entry)
    }
    return Composed(node: Node(value: .mapping(entries), mark: start.mark), height: height + 1, count: 0)
  }

  /// A key's text, as written; nil, with the fault reported, if it is not text.
  private mutating func key(
    _ event: YAMLParser.Event, _ parser: borrowing YAMLParser, depth: Int
  ) throws(Abandoned) -> String? {
    if case .scalar(let text, _) = event.kind {
      nodes += 1
      return text
    }
    let key = try node(event, parser, depth: depth + 1).node
    if case .scalar(let scalar) = key.value { return scalar.source }
    context.report(event.mark, "a key must be text, not \(key.found)")
    return nil
  }

  private func mergeEntries(_ node: Node) -> [Node.Entry] {
    switch node.value {
    case .mapping(let entries):
      return entries
    case .sequence(let parts):
      return parts.flatMap(mergeEntries)
    case .null, .scalar:
      context.report(node.mark, "'<<' takes a mapping or a list of mappings, not \(node.found)")
      return []
    }
  }

  private func checkTag(_ event: YAMLParser.Event, is expected: String) {
    if let tag = event.tag, tag != "!", tag != expected {
      context.report(event.mark, "the tag '\(Spelling.shown(tag))' is not supported")
    }
  }

  private func next(_ parser: borrowing YAMLParser) throws(Abandoned) -> YAMLParser.Event {
    do throws(YAMLParser.SyntaxError) {
      return try parser.next()
    } catch {
      throw abandon(error.mark, error.message)
    }
  }

  private func abandon(_ mark: Mark, _ message: String) -> Abandoned {
    context.report(mark, message)
    return Abandoned()
  }
}
