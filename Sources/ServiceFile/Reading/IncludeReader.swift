// `include`: further files with services (rule 93).

/// Reads the files that a service file includes, each once.
struct IncludeReader {
  let context: ReadingContext
  /// The numbers of the files that are being read, from the service file on.
  private var reading = [0]
  /// The places that named the files, by the files' resolved paths.
  private var named: [String: Mark] = [:]
  private var size = 0

  /// The deepest nesting.
  static let maximumDepth = 8
  /// The most files.
  static let maximumFiles = 1000
  /// The most bytes of all included files.
  static let maximumSize = 32 << 20

  init(context: ReadingContext) {
    self.context = context
    named[FilePath.resolved(context.files[0].path)] = Mark(line: 1, column: 1)
  }

  /// The absolute paths of the files that `include` names, in their order, each with the place that names it.
  func files(of reader: MappingReader) -> [(path: String, mark: Mark)] {
    guard let node = reader.take("include")?.value else { return [] }
    switch node.value {
    case .scalar: return paths(node, reader).map { ($0, node.mark) }
    case .sequence(let elements): return elements.flatMap { node in paths(node, reader).map { ($0, node.mark) } }
    case .null, .mapping: return reader.refuse(node, "include", "a path, or a list of paths such as conf.d/*.yaml") ?? []
    }
  }

  private func paths(_ node: Node, _ reader: MappingReader) -> [String] {
    guard let text = reader.text(node, "include", allowsEmpty: false) else { return [] }
    guard PathPattern.isPattern(text) else { return reader.path(text, node, "include").map { [$0] } ?? [] }
    let isAnchored = text.hasPrefix("/") || text.hasPrefix("~")
    let pattern = isAnchored ? reader.path(text, node, "include") : PathPattern.literal(context.directory(of: node.mark)) + "/" + text
    guard let pattern else { return [] }
    do throws(PathPattern.Failure) {
      let paths = try PathPattern.files(pattern)
      context.inputs.note(pattern: pattern, paths)
      return paths
    } catch {
      context.report(node.mark, "the files of 'include: \(Spelling.shown(text))' cannot be found: \(error)")
      return []
    }
  }

  /// Ends the reading of the file that was opened last.
  mutating func close() { reading.removeLast() }

  /// The tree of a file, which is then open until `close`; nil, with the fault reported, where there is none.
  mutating func open(_ path: String, _ mark: Mark) -> Node? {
    let file = SourceFile(path, namedBy: context.files[mark.file])
    let shown = Spelling.shown(file.shown)
    let real = FilePath.resolved(path)
    if reading.contains(where: { FilePath.resolved(context.files[$0].path) == real }) {
      let way = reading.map { Spelling.shown(context.files[$0].shown) } + [shown]
      context.report(mark, "files include each other in a circle: \(way.joined(separator: " -> "))")
      return nil
    }
    if let earlier = named.updateValue(mark, forKey: real) {
      context.report(mark, "'\(shown)' is included twice; see \(context.words(for: earlier, from: mark))")
      return nil
    }
    guard reading.count <= Self.maximumDepth, named.count <= Self.maximumFiles + 1 else {
      let bound = reading.count > Self.maximumDepth ? "deeper than \(Self.maximumDepth)" : "more than \(Self.maximumFiles) files"
      context.report(mark, "'include' goes \(bound), with '\(shown)'")
      return nil
    }
    context.inputs.note(included: path)
    let bytes: [UInt8]
    do throws(FileReadingError) {
      try FileContents.refuse(path, takesPipes: false)
      bytes = try FileContents.read(path, limit: YAMLComposer.maximumSize)
    } catch {
      context.report(mark, "the included file '\(shown)' cannot be read: \(error)")
      return nil
    }
    size += bytes.count
    guard size <= Self.maximumSize else {
      context.report(mark, "the included files are larger than 32 MiB together, with '\(shown)'")
      return nil
    }
    let number = context.add(file)
    guard let root = YAMLComposer.compose(bytes, of: number, reportingTo: context) else { return nil }
    guard case .mapping = root.value else {
      context.report(root.mark, "an included file is a mapping with 'services', not \(root.found)")
      return nil
    }
    reading.append(number)
    return root
  }
}
