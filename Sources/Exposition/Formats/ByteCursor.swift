// Writing into memory that was reserved beforehand, so that no byte has to check for room.

/// A position in memory that has room for every byte to be put there.
struct ByteCursor {
  private(set) var next: UnsafeMutablePointer<UInt8>

  init(_ start: UnsafeMutablePointer<UInt8>) {
    next = start
  }

  mutating func put(_ byte: UInt8) {
    next.pointee = byte
    next += 1
  }

  mutating func put(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { put($0) }
  }

  mutating func put(_ text: StaticString) {
    put(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    next.update(from: source, count: bytes.count)
    next += bytes.count
  }
}

extension [UInt8] {
  /// Appends the bytes that `body` puts, at most `count`.
  mutating func append(atMost count: Int, _ body: (inout ByteCursor) -> Void) {
    append(addingCapacity: count) { span in
      span.withUnsafeMutableBufferPointer { buffer, initialized in
        guard let base = buffer.baseAddress else { return }
        var cursor = ByteCursor(base + initialized)
        body(&cursor)
        initialized = cursor.next - base
        precondition(initialized <= buffer.count, "more was written than there was room for")
      }
    }
  }
}
