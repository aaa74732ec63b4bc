// The last lines of a direct log, read from the end of its file.

import Glibc
import Synchronization

extension DirectLog {
  /// The last lines, oldest first. Their times are not known: all have the time of the last write.
  /// Reads the file. Waits a moment while the file is being made smaller; empty if its disk hangs.
  func tail(_ count: Int) -> [LogLine] {
    for _ in 0..<50 {
      if let lines = read(count, run: nil) { return lines }
      usleep(2000)
    }
    return []
  }

  /// The last lines of a run. For the pump's thread: does not wait.
  func tail(_ count: Int, run: UInt64) -> [LogLine] { read(count, run: run) ?? [] }

  /// The last lines, of one run or of all; nil while another thread has the file locked.
  private func read(_ count: Int, run: UInt64?) -> [LogLine]? {
    let size = Int(DirectFile.tailBound)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
    defer { block.deallocate() }
    var isUnfinished = false
    let lines = state.withLockIfAvailable { file -> RawLines? in
      guard file.descriptor >= 0, file.isRegular else { return nil }
      var status = stat()
      file.grow()
      fstat(file.descriptor, &status)
      let time = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
      var begin = file.end - min(file.end - file.begin, DirectFile.tailBound)
      begin = file.nextLine(after: begin, block)
      if let run { begin = max(begin, file.beginning(of: run) ?? file.end) }
      let bytes = UnsafeRawBufferPointer(rebasing: block[0..<file.read(at: begin, block)])
      var lines: [(begin: Int, end: Int)] = []
      var position = 0
      while position < bytes.count {
        let end = bytes.newline(from: position) ?? bytes.count
        lines.append((position, end))
        position = end + 1
      }
      isUnfinished = bytes.last.map { $0 != 10 } ?? false
      var raw = RawLines()
      for line in lines.suffix(max(0, count)) {
        let origin = LineOrigin(time: time, run: file.run(at: begin + UInt64(line.begin)), stream: .stdout)
        guard run == nil || run == origin.run else { continue }
        raw.append(bytes[line.begin..<min(line.end, line.begin + LineMemory.lineBound)], origin)
      }
      return raw
    }
    // The outer optional means locked, the inner one that there is no file.
    guard let lines else { return nil }
    var decoded = lines?.decoded ?? []
    if isUnfinished, let last = decoded.indices.last { decoded[last].unfinishedSince = decoded[last].time }
    return decoded
  }
}
