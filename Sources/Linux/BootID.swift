// The identity of the present boot of the machine.

/// The kernel's random name of the present boot; nil where /proc does not have it.
package func bootID() -> String? {
  guard let bytes = SmallFile.read("/proc/sys/kernel/random/boot_id", bound: 64) else { return nil }
  return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
