// One line of /proc/PID/stat.

/// The status of a process. Times are in clock ticks.
struct ProcessStatus: Sendable {
  var pid: Int32
  /// The letter of its state: R, S, D, T, Z …
  var state: UInt8
  var parent: Int32
  var group: Int32
  var session: Int32
  var userTime: UInt64
  var systemTime: UInt64
  /// The times of the children that it waited for, and of theirs.
  var childrenUserTime: UInt64
  var childrenSystemTime: UInt64
  var threads: Int64
  var startTime: UInt64
  var virtualBytes: UInt64
  var residentPages: UInt64

  /// Whether it is a zombie.
  ///
  /// A process whose main thread alone has ended shows the same letter, but still counts its threads.
  var isZombie: Bool { (state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")) && threads <= 1 }

  var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTime: startTime) }

  /// Reads the line; nil if it is malformed.
  init?(pid: Int32, line: UnsafeRawBufferPointer) {
    // The name, in parentheses, may contain any character, also parentheses: the fields count from the last
    // one.
    guard let end = line.lastIndex(of: UInt8(ascii: ")")), end + 2 < line.count else { return nil }
    var fields = Fields(line: line, position: end + 2)
    self.pid = pid
    guard let state = fields.letter() else { return nil }
    self.state = state
    parent = Int32(truncatingIfNeeded: fields.number())  // field 4
    group = Int32(truncatingIfNeeded: fields.number())
    session = Int32(truncatingIfNeeded: fields.number())
    fields.skip(7)  // 7 to 13: terminal, its group, flags, faults
    userTime = UInt64(clamping: fields.number())
    systemTime = UInt64(clamping: fields.number())
    childrenUserTime = UInt64(clamping: fields.number())
    childrenSystemTime = UInt64(clamping: fields.number())
    fields.skip(2)  // 18, 19: priority, nice
    threads = fields.number()
    fields.skip(1)  // 21
    startTime = UInt64(clamping: fields.number())
    virtualBytes = UInt64(clamping: fields.number())
    residentPages = UInt64(clamping: fields.number())
    guard !fields.isExhausted else { return nil }
  }

  /// Field 52 of the line: the exit status of a zombie, in the form of wait().
  static func exitStatus(in line: UnsafeRawBufferPointer) -> Int32? {
    guard let end = line.lastIndex(of: UInt8(ascii: ")")), end + 2 < line.count else { return nil }
    var fields = Fields(line: line, position: end + 2)
    _ = fields.letter()
    fields.skip(48)  // 4 to 51
    let status = fields.number()
    return fields.isExhausted ? nil : Int32(truncatingIfNeeded: status)
  }

  private struct Fields {
    let line: UnsafeRawBufferPointer
    var position: Int
    private(set) var isExhausted = false

    init(line: UnsafeRawBufferPointer, position: Int) {
      self.line = line
      self.position = position
    }

    mutating func letter() -> UInt8? {
      guard position < line.count else { return nil }
      defer { position += 2 }
      return line[position]
    }

    mutating func number() -> Int64 {
      guard position < line.count else {
        isExhausted = true
        return 0
      }
      var value: Int64 = 0
      let isNegative = line[position] == UInt8(ascii: "-")
      if isNegative { position += 1 }
      while position < line.count, line[position] >= UInt8(ascii: "0"), line[position] <= UInt8(ascii: "9") {
        value = value &* 10 &+ Int64(line[position] - UInt8(ascii: "0"))
        position += 1
      }
      position += 1
      return isNegative ? 0 &- value : value
    }

    mutating func skip(_ count: Int) {
      for _ in 0..<count { _ = number() }
    }
  }
}
