// Bodies of responses, read in slices.

import NIOCore

/// Cuts a body that is kept in parts into buffers of about one size, whatever the sizes of the parts.
struct BodyReader {
  private let parts: [[UInt8]]
  /// The start of the next buffer: a part, and the position in it.
  private var part = 0
  private var position = 0

  init(_ parts: [[UInt8]]) {
    self.parts = parts
    skipEmpty()
  }

  var isAtEnd: Bool { part == parts.count }

  /// The next `size` bytes, or all that are left.
  mutating func read(_ size: Int, _ allocator: ByteBufferAllocator) -> ByteBuffer {
    var buffer = allocator.buffer(capacity: size)
    while !isAtEnd, buffer.readableBytes < size {
      let end = min(parts[part].count, position + size - buffer.readableBytes)
      buffer.writeBytes(parts[part][position..<end])
      position = end
      skipEmpty()
    }
    return buffer
  }

  private mutating func skipEmpty() {
    while part < parts.count, position == parts[part].count {
      part += 1
      position = 0
    }
  }
}
