// Loading: from a file, or its text, to a `ServiceFile` or all faults in it.
import Glibc
import Linux
import Orchestration

extension ServiceFile {
  /// Reads the file at `path`. A relative path is taken from the working directory; messages show the path as it was given, or as `shown`.
  ///
  /// `environment` has the values for `${NAME}`.
  package static func load(_ path: String, shown: String? = nil, environment: [String: String]) throws(ServiceFileError) -> ServiceFile {
    let shown = shown ?? path
    let anchored = try anchored(path)
    // Before its content: what is read later is in the folder that is held, or another one.
    let folder = realpath(FilePath.parent(of: anchored), nil).flatMap { real in
      defer { free(real) }
      return try? OpenFolder(String(cString: real))
    }
    let stamp = FileStamp(anchored)
    let bytes: [UInt8]
    do throws(FileReadingError) {
      if !isDescriptor(anchored) { try FileContents.refuse(anchored, takesPipes: false) }
      bytes = try FileContents.read(anchored, limit: YAMLComposer.maximumSize)
    } catch {
      throw .whole(shown, "\(error); \(advice(for: error))")
    }
    var file = try read(bytes, file: shown, path: FilePath.absolute(anchored, from: "/"), environment: environment)
    file.folder = folder
    file.inputs?.note(main: stamp)
    return file
  }

  /// Whether a path names a descriptor of this process, as shells do for `<(…)`: whoever names a pipe like this means it.
  private static func isDescriptor(_ path: String) -> Bool {
    path == "/dev/stdin" || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
  }

  /// The path of a service file as it is named now: the same file is meant when the working directory is gone or has another name.
  package static func anchored(_ path: String) throws(ServiceFileError) -> String {
    guard let anchored = FilePath.anchored(path) else {
      throw .whole(path, "the working directory is gone; name the service file by its absolute path")
    }
    return anchored
  }

  /// The absolute, tidied path of a service file, as `path` of one that was read; nil if the working directory is gone.
  package static func absolutePath(_ path: String) -> String? {
    FilePath.anchored(path).map { FilePath.absolute($0, from: "/") }
  }

  /// The state directory of the Stoker that may run with a file that has faults now: the one that it still names, else the default one.
  /// - Parameter path: The file's absolute path.
  package static func likelyStateDirectory(of path: String, environment: [String: String], isRoot: Bool) -> String? {
    let context = ReadingContext(file: path, path: path, environment: environment)
    var status = stat()
    // A pipe could keep us waiting a second time.
    let isRegular = stat(path, &status) == 0 && FileFacts(status).kind == .regular
    let bytes = isRegular ? try? FileContents.read(path, limit: YAMLComposer.maximumSize) : nil
    if let bytes { VariableFiles(context: context).read(namedIn: bytes) }
    let section = bytes.flatMap { YAMLComposer.compose($0, reportingTo: context) }.flatMap { root in
      MappingReader(root, scope: Scope(), keyMark: Mark(line: 1, column: 1), context: context).mapping("stoker")
    }.map { SupervisorReader($0).read() }
    if let named = section?.stateDirectory { return named }
    return try? stateDirectory(path: path, nodeName: section?.name ?? defaultNodeName(), environment: environment, isRoot: isRoot)
  }

  /// Reads a service file's text as if it stood at the absolute `path`, which messages show and relative paths in the text are taken from.
  package static func parse(_ text: String, path: String, environment: [String: String]) throws(ServiceFileError) -> ServiceFile {
    try read(Array(text.utf8), file: path, path: FilePath.absolute(path, from: "/"), environment: environment)
  }

  static func read(
    _ bytes: [UInt8], file: String, path: String, environment: [String: String]
  ) throws(ServiceFileError) -> ServiceFile {
    let context = ReadingContext(file: file, path: path, environment: environment)
    VariableFiles(context: context).read(namedIn: bytes)
    let root = YAMLComposer.compose(bytes, reportingTo: context)
    let contents = root.flatMap { ServiceFileReader(context: context, path: path).read($0) }
    if let error = context.error() { throw error }
    guard let contents else { preconditionFailure("a service file that cannot be read has a reason") }
    return contents
  }

  private static func advice(for error: FileReadingError) -> String {
    if case .kind(.fifo) = error { return "name a regular file; a pipe is read as /dev/stdin or <(…) alone" }
    return switch error.errno {
    case ENOENT, ENOTDIR: "name the service file with --config FILE"
    case EACCES, EPERM: "Stoker's user must be allowed to read it"
    case EISDIR: "name the file in it"
    default: "the service file cannot be read"
    }
  }
}
