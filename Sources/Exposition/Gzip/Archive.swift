// A page compressed in sections. Only sections with changes are compressed again.
//
// A gzip member (RFC 1952) is a header, deflate blocks, the CRC and the total length. Sections are deflate blocks that
// do not refer to earlier bytes and end on a byte, so sections of different ages can be joined; their CRCs are
// combined.

import CZlib

/// The sections of one format's page.
struct Archive {
  private struct Section {
    /// The stamps of its pieces.
    let stamps: [UInt64]
    let deflated: [UInt8]
    let crc: UInt
    let size: Int
  }

  /// The size of a section in bytes. Every section begins with an empty window, which costs a few per cent at this
  /// size.
  private static let sectionSize = 64 << 10

  private var sections: [Section] = []

  /// One gzip member of all pieces, in parts.
  mutating func member(of pieces: [Piece], _ deflater: Deflater) -> [[UInt8]] {
    var parts: [[UInt8]] = [Self.header]
    var crc: UInt = 0
    var size = 0
    var number = 0
    var start = 0
    while start < pieces.count {
      let end = Self.end(of: pieces, from: start)
      let section = section(number, pieces[start..<end], deflater)
      parts.append(section.deflated)
      crc = crc32_combine(crc, section.crc, section.size)
      size += section.size
      number += 1
      start = end
    }
    sections.removeLast(sections.count - number)
    parts.append(Self.trailer(crc: crc, size: size))
    return parts
  }

  private mutating func section(_ number: Int, _ pieces: ArraySlice<Piece>, _ deflater: Deflater) -> Section {
    if number < sections.count, sections[number].stamps.elementsEqual(pieces.lazy.map(\.stamp)) { return sections[number] }
    let section = Section(
      stamps: pieces.map(\.stamp), deflated: deflater.compress(pieces.lazy.map(\.bytes)),
      crc: pieces.reduce(0) { crc, piece in piece.bytes.withUnsafeBufferPointer { crc32_z(crc, $0.baseAddress, $0.count) } },
      size: pieces.reduce(0) { $0 + $1.bytes.count })
    if number < sections.count { sections[number] = section } else { sections.append(section) }
    return section
  }

  private static func end(of pieces: [Piece], from start: Int) -> Int {
    var size = 0
    var end = start
    while end < pieces.count, size < sectionSize {
      size += pieces[end].bytes.count
      end += 1
    }
    return end
  }

  /// The header: no name, no time, made on Unix, the fastest algorithm.
  private static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]

  /// The trailer: an empty last block, then the CRC and the length modulo 2^32.
  private static func trailer(crc: UInt, size: Int) -> [UInt8] {
    var trailer: [UInt8] = [3, 0]
    for number in [UInt32(crc), UInt32(truncatingIfNeeded: size)] {
      withUnsafeBytes(of: number.littleEndian) { trailer.append(contentsOf: $0) }
    }
    return trailer
  }
}
