// The files that a service file was read from, by which a later change of one of them is seen.

/// The service file, the files that it includes, and those with its variables, as they were just before they were read.
package struct InputFiles: Sendable {
  /// The absolute path of the service file.
  private let path: String
  /// The service file; nil: no regular file.
  private var main: FileStamp?
  /// The other files by path; nil: there was none.
  private var others: [String: FileStamp?] = [:]
  /// The patterns of `include`, with the files that they found.
  private var patterns: [String: [String]] = [:]
  /// The files with variables, by path, with their names in messages.
  private(set) var variables: [SourceFile] = []

  init(_ path: String) {
    self.path = path
  }

  /// Notes the service file.
  mutating func note(main stamp: FileStamp?) { main = stamp }

  /// Notes an included file. May wait for a disk.
  mutating func note(included path: String) { others[path] = .some(FileStamp(path)) }

  /// Notes a file with variables. May wait for a disk.
  mutating func note(variables file: SourceFile) {
    others[file.path] = .some(FileStamp(file.path))
    variables.append(file)
  }

  /// Notes a pattern with its files.
  mutating func note(pattern: String, _ files: [String]) { patterns[pattern] = files }

  /// Whether a change can be seen: not of what is no regular file.
  package var isComparable: Bool { main != nil }

  /// Whether one of the files is another one now. A service file that is gone cannot be read again, and counts as unchanged. May wait for a
  /// disk.
  package func haveChanged() -> Bool {
    guard let main, let now = FileStamp(path) else { return false }
    return now != main || others.contains { FileStamp($0.key) != $0.value }
      || patterns.contains { (try? PathPattern.files($0.key)) != $0.value }
  }
}
