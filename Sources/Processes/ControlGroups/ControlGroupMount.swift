// The mount of cgroups of version 2, and this process' cgroup in it.

import Glibc
import Linux

/// The file system of cgroups of version 2, as this process sees it.
struct ControlGroupMount: Equatable {
  /// The mount point.
  var path: String
  /// The folder of this process' cgroup.
  var own: String

  /// Finds them; nil if there is none, or if this process' cgroup is not below it.
  static func find() -> ControlGroupMount? {
    guard let mounts = SmallFile.read("/proc/self/mountinfo", bound: 8 << 20), let own = SmallFile.read("/proc/self/cgroup", bound: 1 << 20)
    else { return nil }
    return ControlGroupMount(mounts: String(decoding: mounts, as: UTF8.self), own: String(decoding: own, as: UTF8.self))
  }

  init(path: String, own: String) {
    self.path = path
    self.own = own
  }

  /// Parses `/proc/self/mountinfo` and `/proc/self/cgroup`.
  init?(mounts: String, own: String) {
    guard let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return nil }
    let place = String(line.dropFirst("0::".count))
    for mount in mounts.split(separator: "\n") {
      let fields = mount.split(separator: " ")
      // The file system's type is the first field after the lone dash; before the dash are the mounted folder
      // and the mount point.
      guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, fields[dash + 1] == "cgroup2", dash > 5 else { continue }
      let root = Self.unescaped(fields[3])
      let path = Self.unescaped(fields[4])
      guard let below = Self.path(place, below: root) else { continue }
      self.init(path: path, own: below.isEmpty ? path : "\(path)/\(below)")
      return
    }
    return nil
  }

  /// The path relative to a folder; nil if it is not below it.
  private static func path(_ path: String, below folder: String) -> String? {
    guard !path.hasPrefix("/..") else { return nil }
    if folder == "/" { return String(path.dropFirst()) }
    if path == folder { return "" }
    return path.hasPrefix("\(folder)/") ? String(path.dropFirst(folder.count + 1)) : nil
  }

  /// Spaces and similar characters are written as three octal digits.
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = field.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
        bytes.append(code)
        rest.removeFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
