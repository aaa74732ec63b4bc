// The identity of the machine.

/// The name of this machine (machine-id(5)); nil where it has none.
package func machineID() -> String? {
  guard let bytes = SmallFile.read("/etc/machine-id", bound: 64) else { return nil }
  let digits = bytes.prefix { $0 != UInt8(ascii: "\n") }
  let isHexadecimal = digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  return digits.count == 32 && isHexadecimal ? String(decoding: digits, as: UTF8.self) : nil
}
