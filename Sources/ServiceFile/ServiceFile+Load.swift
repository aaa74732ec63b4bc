// Loading: from a file, or its text, to a `ServiceFile` or all faults in it.
import Glibc
import Linux
import Orchestration

extension ServiceFile {
  /// Reads the file at `path`. A relative path is taken from the working directory; messages show the path as it was given.
  ///
  /// `environment` has the values for `${NAME}`.
  package static func load(_ path: String, environment: [String: String]) throws(ServiceFileError) -> ServiceFile {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileContents.read(path, limit: YAMLComposer.maximumSize)
    } catch {
      let message = "\(error); \(advice(for: error.errno))"
      throw ServiceFileError(diagnostics: [Diagnostic(file: path, line: 0, column: 0, message: message)])
    }
    let absolute = FilePath.absolute(path, from: FilePath.workingDirectory())
    return try read(bytes, file: path, path: absolute, environment: environment)
  }

  /// Reads a service file's text as if it stood at the absolute `path`, which messages show and relative paths in the text are taken from.
  package static func parse(_ text: String, path: String, environment: [String: String]) throws(ServiceFileError) -> ServiceFile {
    try read(Array(text.utf8), file: path, path: FilePath.absolute(path, from: "/"), environment: environment)
  }

  static func read(
    _ bytes: [UInt8], file: String, path: String, environment: [String: String]
  ) throws(ServiceFileError) -> ServiceFile {
    let context = ReadingContext(file: file, path: path, environment: environment)
    let root = YAMLComposer.compose(bytes, reportingTo: context)
    let contents = root.flatMap { ServiceFileReader(context: context, path: path).read($0) }
    if let error = context.error() { throw error }
    guard let contents else { preconditionFailure("a service file that cannot be read has a reason") }
    return contents
  }

  private static func advice(for error: Int32) -> String {
    switch error {
    case ENOENT, ENOTDIR: "name the service file with --config FILE"
    case EACCES, EPERM: "Stoker's user must be allowed to read it"
    case EISDIR: "name the file in it"
    default: "the service file cannot be read"
    }
  }
}
