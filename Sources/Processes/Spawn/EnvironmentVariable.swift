// A variable of a process, byte for byte: the kernel knows no encoding, and what we pass on has to arrive as it came.

/// `NAME=value`. Names are compared by their bytes.
package struct EnvironmentVariable: Hashable, Sendable {
  /// The whole, without NUL.
  package let bytes: [UInt8]

  /// A variable as it stands in an environment; `=` may be missing.
  package init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// A variable of a text `NAME=value`.
  package init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// A variable with this value.
  package init(name: String, value: String) {
    var bytes = Array(name.utf8)
    bytes.append(UInt8(ascii: "="))
    bytes += value.utf8
    self.bytes = bytes
  }

  /// The part before the first `=`.
  package var name: ArraySlice<UInt8> { bytes.prefix { $0 != UInt8(ascii: "=") } }

  /// The part behind the first `=`; empty where there is none.
  package var value: ArraySlice<UInt8> { bytes.dropFirst(name.count + 1) }

  /// Whether it has this name.
  package func isNamed(_ other: String) -> Bool { name.elementsEqual(other.utf8) }
}

extension EnvironmentVariable: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self.init(text) }
}

extension EnvironmentVariable: CustomStringConvertible {
  package var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension [EnvironmentVariable] {
  /// The value of the last variable of this name, which a shell would use.
  func value(of name: String) -> ArraySlice<UInt8>? { last { $0.isNamed(name) }?.value }
}
