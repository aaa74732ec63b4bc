// Files and folders of tests.

import Glibc
import Linux

/// A folder that is removed after the test.
package final class Folder: Sendable {
  package let path: String

  package init() throws(SystemError) {
    var template = Array("/tmp/stoker-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    removeAll(path)
  }

  /// Writes a file; returns its path.
  package func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws(SystemError) -> String {
    let file = "\(path)/\(name)"
    let descriptor = try system { open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) == bytes.count else { throw .last }
    return file
  }
}

/// The text of a file; nil if it cannot be opened.
package func contents(_ path: String) -> String? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&block, 1, block.count, file)
    guard count > 0 else { break }
    bytes += block[0..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// The names in a folder, sorted; none if it cannot be read.
package func names(in path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Removes a file, or a folder with its content.
package func removeAll(_ path: String) {
  if remove(path) == 0 { return }
  for name in names(in: path) { removeAll("\(path)/\(name)") }
  remove(path)
}

/// The text of a log and all of its older files, oldest first, unpacked; nil if they cannot be read.
package func everything(in folder: String, of name: String) throws -> String? {
  func place(_ name: String) -> Int { Int(name.split(separator: ".")[2]) ?? 0 }
  let old = names(in: folder).filter { $0.hasPrefix("\(name).") }.sorted { place($0) > place($1) }
  let present = names(in: folder).filter { $0 == name }
  guard !(old + present).isEmpty else { return "" }
  // gzip passes files that are not packed through.
  guard let pipe = popen("cd '\(folder)' && gzip -dcf \((old + present).joined(separator: " "))", "re") else { throw SystemError.last }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&block, 1, block.count, pipe)
    guard count > 0 else { break }
    bytes += block[0..<count]
  }
  return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
}
