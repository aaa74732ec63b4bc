// A sheet: one family of a page, with its kept bytes.

/// The series of a family in blocks, and its headers.
struct Sheet: Sendable {
  let family: Family
  private(set) var blocks: [Block] = []
  private var roster = Roster()
  private var textHeader = Piece()
  private var openMetricsHeader = Piece()
  private var protobufHeader = Piece()

  init(_ family: Family) {
    self.family = family
  }

  /// The number of its samples, as the text format counts them.
  mutating func countSamples() -> Int {
    var count = 0
    for index in blocks.indices { count += blocks[index].countSamples() }
    return count
  }

  /// Takes a block out, to be changed in place; a new block after the last one.
  mutating func takeBlock(_ number: Int) -> Block {
    var block = Block()
    if number < blocks.count { swap(&block, &blocks[number]) } else { blocks.append(Block()) }
    return block
  }

  mutating func putBack(_ block: consuming Block, _ number: Int) {
    blocks[number] = block
  }

  /// Updates the series of one array, from the family's beginning on.
  mutating func update(
    _ labels: [Labels], _ collection: UInt32, _ since: (_ index: Int) -> Double?, _ value: (_ index: Int) -> Double?
  ) {
    let capacity = Block.capacity(family.type)
    // Taken out, since the roster writes into the blocks.
    var roster = Roster()
    swap(&roster, &self.roster)
    roster.update(labels, collection, since, value) { series, place in
      if place / capacity == blocks.count { blocks.append(Block()) }
      blocks[place / capacity].put(series, at: place % capacity)
    }
    self.roster = roster
  }

  /// Drops the roster, after the series were written one by one.
  mutating func forgetRoster() {
    roster = Roster()
  }

  /// Drops the blocks from a number on.
  mutating func truncate(to count: Int) {
    if count < blocks.count { blocks.removeLast(blocks.count - count) }
  }

  /// Appends its pieces: the header, then the blocks.
  mutating func appendPieces(_ style: Style, to pieces: inout [Piece], _ stamps: inout Stamps) {
    let place = pieces.count
    pieces.append(Piece())
    var size = 0
    for index in blocks.indices {
      let piece = blocks[index].piece(style, of: family, &stamps)
      size += piece.bytes.count
      pieces.append(piece)
    }
    pieces[place] = header(style, bodySize: size, &stamps)
  }

  private mutating func header(_ style: Style, bodySize: Int, _ stamps: inout Stamps) -> Piece {
    let bytes = style.header(of: family, bodySize: bodySize)
    // As with blocks, only the usual forms are kept.
    if style.escapesNames { return Piece(bytes: bytes, stamp: stamps.next()) }
    switch style.format {
    case .text:
      textHeader.become(bytes, &stamps)
      return textHeader
    case .openMetrics0, .openMetrics1:
      openMetricsHeader.become(bytes, &stamps)
      return openMetricsHeader
    case .protobuf:
      protobufHeader.become(bytes, &stamps)
      return protobufHeader
    }
  }
}
