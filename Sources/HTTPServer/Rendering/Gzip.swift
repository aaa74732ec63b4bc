// Gzip in one call, on the system's zlib, independent of HTTP.

import CZlib

/// Compression to the gzip format (RFC 1952).
package enum Gzip {
  /// Compresses `bytes` into one gzip member.
  ///
  /// The calling thread computes: about 8 ms a MiB at level 1. Compress large bodies away from an event loop.
  /// - Parameters:
  ///   - bytes: the input; may be empty.
  ///   - level: 1 (fast) to 9 (small); values outside are moved to the nearest.
  /// - Returns: the gzip member; it has no time stamp or name in it, so the same input gives the same output.
  package static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] {
    var stream = z_stream()
    // 15 bits of window (the most), and 16 to ask for the gzip frame instead of zlib's own.
    let opened = czlib_deflate_init(&stream, Int32(min(max(level, 1), 9)), 15 + 16)
    precondition(opened == Z_OK, "deflateInit2 failed with \(opened): out of memory, or the headers of another zlib")
    defer { deflateEnd(&stream) }
    // deflateBound guarantees that the output fits in one call, so that no loop is needed.
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      bytes.withUnsafeBufferPointer { input in
        // zlib's interface predates const: it only reads through next_in.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        let done = deflate(&stream, Z_FINISH)
        precondition(done == Z_STREAM_END, "deflate ended with \(done) in spite of the bound")
        count = output.count - Int(stream.avail_out)
      }
    }
  }
}
