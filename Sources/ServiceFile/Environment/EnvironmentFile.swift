// `environment_file` and `stoker.variables`: systemd's format.
import Glibc
import Linux

/// Reads files of environment variables, as systemd's `EnvironmentFile=` does.
///
/// `NAME=value` lines; `#` or `;` begins a comment line; `export ` before a name is allowed; a backslash at a line's end joins it with
/// the next. A quote counts where a value begins, and right behind a closed one; quoted values may span lines. Nothing is replaced in
/// values. A line of which systemd would use nothing, or only a part, is a fault.
package enum EnvironmentFile {
  /// The largest file read.
  static let maximumSize = 1 << 20

  /// The content of a file.
  package struct Content: Sendable, Equatable {
    /// The variables in the file's order, also two of one name.
    package var values: [NamedValue] = []
    /// Values that other tools read in another way, each with its place.
    package var remarks: [Diagnostic] = []
  }

  /// The content of a service's file; nothing of an optional one that is missing.
  ///
  /// Throws diagnostics at `path:line:column`, all at once, or one without a place if the file cannot be read. May wait for a disk, and for
  /// the writer of a pipe.
  package static func content(
    _ file: FileReference, under policy: FilePolicy = FilePolicy(isStrict: false)
  ) throws(ServiceFileError) -> Content {
    try content(file, under: policy, takesPipes: true, words: "it is the 'environment_file' of a service")
  }

  /// The variables of a service's file.
  package static func read(
    _ path: String, under policy: FilePolicy = FilePolicy(isStrict: false)
  ) throws(ServiceFileError) -> [NamedValue] {
    try content(FileReference(path: path), under: policy).values
  }

  /// The values of a file of `stoker.variables`. Whether it can be trusted is asked when the whole service file is.
  static func variables(_ file: FileReference) throws(ServiceFileError) -> [NamedValue] {
    try content(
      file, under: FilePolicy(isStrict: false), takesPipes: false, words: "write '-' before its path if it may be missing"
    ).values
  }

  private static func content(
    _ file: FileReference, under policy: FilePolicy, takesPipes: Bool, words: String
  ) throws(ServiceFileError) -> Content {
    let path = file.path
    if let refusal = policy.refusal(of: path) { throw .whole(path, refusal) }
    var bytes: [UInt8]
    do throws(FileReadingError) {
      try FileContents.refuse(path, takesPipes: takesPipes)
      bytes = try policy.read(path, limit: maximumSize)
    } catch {
      if file.isOptional, error.errno == ENOENT || error.errno == ENOTDIR { return Content() }
      throw .whole(path, "\(error); \(words)")
    }
    guard bytes.count <= maximumSize else { throw .whole(path, "an environment file may be 1 MiB at most") }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw .whole(path, "it is UTF-16, not valid UTF-8; save it as UTF-8")
    }
    var parser = EnvironmentFileParser(bytes, file: path)
    let values = parser.parse()
    guard parser.diagnostics.isEmpty else { throw ServiceFileError(diagnostics: parser.diagnostics) }
    return Content(values: values, remarks: parser.remarks)
  }

  /// Whether the file is a pipe, for whose writer its reader waits.
  package static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// The fault of a variable's name; nil if there is none.
  static func problem(ofName name: String) -> String? {
    if name == "STOKER_RUN" { return "is reserved: Stoker recognises its own processes by it" }
    if name.contains("=") { return "cannot be a variable's name: it contains '='" }
    return nil
  }
}
