// A body that is kept in parts, cut into buffers of one size.

import NIOCore
import Testing

@testable import HTTPServer

@Suite("Body reader")
struct BodyReaderTests {
  /// Parts of these lengths, no byte like its neighbours.
  private static func parts(_ lengths: [Int]) -> [[UInt8]] {
    var last: UInt8 = 0
    return lengths.map { length in
      (0..<length).map { _ in
        last = last &* 5 &+ 1
        return last
      }
    }
  }

  @Test(
    "buffers have the size asked for, but for the last, and together they are the body",
    arguments: [
      [], [0], [0, 0, 0], [1], [7], [1000], [1, 0, 2], [0, 7, 0, 0, 7], [3, 5, 8, 13, 21, 34, 55], [6, 1, 7, 14], [1000, 1, 1000],
      [999, 2, 0],
      [0, 1001], [4096, 0, 5000, 17],
    ], [1, 7, 1000])
  func whole(lengths: [Int], size: Int) {
    let parts = Self.parts(lengths)
    let body = Array(parts.joined())
    var reader = BodyReader(parts)
    #expect(reader.isAtEnd == body.isEmpty)
    var read: [UInt8] = []
    while !reader.isAtEnd, read.count < body.count {
      let buffer = reader.read(size, ByteBufferAllocator())
      read += buffer.readableBytesView
      #expect(buffer.readableBytes == size || read.count == body.count)
    }
    #expect(read == body && reader.isAtEnd)
    #expect(reader.read(size, ByteBufferAllocator()).readableBytes == 0)
  }

  @Test("sizes may differ from buffer to buffer")
  func differentSizes() {
    let parts = Self.parts([5, 0, 11, 2, 40])
    var reader = BodyReader(parts)
    let buffers = [3, 1, 12, 1, 100].map { reader.read($0, ByteBufferAllocator()) }
    #expect(buffers.map(\.readableBytes) == [3, 1, 12, 1, 41])
    #expect(buffers.flatMap(\.readableBytesView) == Array(parts.joined()) && reader.isAtEnd)
  }
}
