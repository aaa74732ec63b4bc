// Packs one file into another.

import CZlib
import Glibc
import Linux

/// gzip for files of any size.
enum FilePacker {
  /// A fast level: logs shrink tenfold at any.
  private static let level: Int32 = 1

  /// Packs the whole of `source` into an empty file. False if that failed. `progress` is called after each block.
  static func pack(_ source: Int32, to target: Int32, _ progress: () -> Void = {}) -> Bool {
    var stream = z_stream()
    // 15 bits of window, and 16 for gzip's frame.
    guard czlib_deflate_init(&stream, level, 15 + 16) == Z_OK else { return false }
    defer { deflateEnd(&stream) }
    let size = 64 * 1024
    let input = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    defer {
      input.deallocate()
      output.deallocate()
    }
    var flush = Z_NO_FLUSH
    repeat {
      let count = uninterrupted { read(source, input, size) }
      guard count >= 0 else { return false }
      if count == 0 { flush = Z_FINISH }
      stream.next_in = input
      stream.avail_in = UInt32(count)
      repeat {
        stream.next_out = output
        stream.avail_out = UInt32(size)
        guard deflate(&stream, flush) != Z_STREAM_ERROR else { return false }
        let packed = UnsafeRawBufferPointer(start: output, count: size - Int(stream.avail_out))
        guard writeAll(packed, to: target) == packed.count else { return false }
      } while stream.avail_out == 0
      progress()
    } while flush != Z_FINISH
    return true
  }
}
