// YAML and JSON files of other tools, as they are written.

/// A value of a file of another tool, with its line.
package struct ForeignValue: Sendable, Equatable {
  package enum Content: Sendable, Equatable {
    case null
    /// A text as it is written. `isPlain`: without quotes, so that it may be a number or a flag.
    case text(String, isPlain: Bool)
    case list([ForeignValue])
    case mapping([Entry])
  }

  package struct Entry: Sendable, Equatable {
    package var key: String
    /// The line of the key.
    package var line: Int
    package var value: ForeignValue

    package init(key: String, line: Int, value: ForeignValue) {
      (self.key, self.line, self.value) = (key, line, value)
    }
  }

  package var content: Content
  package var line: Int

  package init(_ content: Content, line: Int) {
    self.content = content
    self.line = line
  }
}

package enum ForeignYAML {
  /// The bytes of a file that is to be read once: of at most 4 MiB, and no pipe or device.
  package static func bytes(of path: String, shown: String) throws(ServiceFileError) -> [UInt8] {
    do throws(FileReadingError) {
      try FileContents.refuse(path, takesPipes: false)
      let bytes = try FileContents.read(path, limit: YAMLComposer.maximumSize)
      if bytes.count <= YAMLComposer.maximumSize { return bytes }
    } catch {
      throw .whole(shown, "\(error)")
    }
    throw .whole(shown, "the file is larger than 4 MiB")
  }

  /// Reads a file; JSON is YAML, too. Aliases and merge keys are followed, `${NAME}` stays. Throws all faults with their places.
  package static func read(_ bytes: [UInt8], file: String) throws(ServiceFileError) -> ForeignValue {
    let context = ReadingContext(file: file, path: file, environment: [:])
    let root = YAMLComposer.compose(bytes, interpolates: false, reportingTo: context)
    if let error = context.error() { throw error }
    guard let root else { throw .whole(file, "the file is empty") }
    return ForeignValue(root)
  }
}

extension ForeignValue {
  fileprivate init(_ node: Node) {
    let content: Content =
      switch node.value {
      case .null: .null
      case .scalar(let scalar): .text(scalar.source, isPlain: scalar.isPlain)
      case .sequence(let elements): .list(elements.map(ForeignValue.init))
      case .mapping(let entries):
        .mapping(entries.map { Entry(key: $0.key, line: $0.keyMark.line, value: ForeignValue($0.value)) })
      }
    self.init(content, line: node.mark.line)
  }
}
