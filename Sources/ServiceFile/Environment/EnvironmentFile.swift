// `environment_file`: systemd's format.
import Glibc
import Linux

/// Reads files of environment variables, as systemd's `EnvironmentFile=` does.
///
/// `NAME=value` lines; `#` or `;` begins a comment line; `export ` before a name is allowed; a backslash at a line's end joins it with
/// the next. Single quotes keep everything, double quotes and bare text know backslash escapes; quoted values may span lines.
/// Nothing is replaced in values.
package enum EnvironmentFile {
  /// The largest file read.
  static let maximumSize = 1 << 20

  /// The variables in the file's order, also two of one name.
  ///
  /// Throws diagnostics at `path:line:column`, all at once, or one without a place if the file cannot be read. May wait for a disk, and for
  /// the writer of a pipe.
  package static func read(_ path: String, under policy: FilePolicy = FilePolicy(isStrict: false)) throws(ServiceFileError) -> [NamedValue]
  {
    if let refusal = policy.refusal(of: path) { throw .whole(path, refusal) }
    let bytes: [UInt8]
    do throws(FileReadingError) {
      try FileContents.refuse(path, takesPipes: true)
      bytes = try policy.read(path, limit: maximumSize)
    } catch {
      throw .whole(path, "\(error); it is the 'environment_file' of a service")
    }
    guard bytes.count <= maximumSize else { throw .whole(path, "an environment file may be 1 MiB at most") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .whole(path, "not valid UTF-8") }
    var parser = EnvironmentFileParser(Array(text.utf8), file: path)
    let values = parser.parse()
    guard parser.diagnostics.isEmpty else { throw ServiceFileError(diagnostics: parser.diagnostics) }
    return values
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
