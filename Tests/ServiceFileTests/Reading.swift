// Helpers of all tests here: texts to service files, errors to lines.
import Glibc
import Testing

@testable import ServiceFile

/// The file of a text, as if it stood at /srv/fog/stoker.yaml.
func read(_ text: String, environment: [String: String] = ["HOME": "/home/fog"]) throws(ServiceFileError) -> ServiceFile {
  try ServiceFile.read(Array(text.utf8), file: "stoker.yaml", path: "/srv/fog/stoker.yaml", environment: environment)
}

/// The faults of a text, one line each.
func faults(_ text: String, environment: [String: String] = ["HOME": "/home/fog"]) -> [String] {
  do throws(ServiceFileError) {
    _ = try read(text, environment: environment)
    return []
  } catch {
    return error.diagnostics.map { "\($0.line):\($0.column): \($0.message)" }
  }
}

/// A file of one service `a` with these lines under it.
func oneService(_ lines: String, command: String = "command: [sleep]") -> String {
  "version: 1\nservices:\n  a:\n" + ([command] + lines.split(separator: "\n")).map { "    \($0)\n" }.joined()
}

/// A directory that is gone after `body`.
func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  var template = Array("/tmp/service-file-tests-XXXXXX".utf8CString)
  let path = try #require(
    template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    })
  defer { removeTree(path) }
  return try body(path)
}

/// Writes a file.
func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
  let file = try #require(fopen(path, "w"))
  defer { fclose(file) }
  let bytes = Array(bytes)
  #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

private func removeTree(_ path: String) {
  if let directory = opendir(path) {
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let child = path + "/" + name
      if name != ".", name != "..", unlink(child) != 0 { removeTree(child) }
    }
  }
  rmdir(path)
}
