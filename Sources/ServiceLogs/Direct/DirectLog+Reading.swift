// The last lines of a direct log, read from the end of its file.

import Glibc
import Synchronization

extension DirectLog {
  /// The last lines, oldest first: of a run, if it is said which. When they were written is not known: their time is that of the last write.
  /// Reads the file. While that is being made smaller it waits a moment; nothing, if its disk hangs.
  func tail(_ count: Int) -> [LogLine] {
    for _ in 0..<50 {
      if let lines = read(count, run: nil) { return lines }
      usleep(2000)
    }
    return []
  }

  /// The last lines of a run. For the mover's thread: does not wait.
  func tail(_ count: Int, run: UInt64) -> [LogLine] { read(count, run: run) ?? [] }

  /// Nil if it cannot be had at the moment.
  private func read(_ count: Int, run: UInt64?) -> [LogLine]? {
    let size = Int(DirectFile.tailBound)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
    defer { block.deallocate() }
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
      var raw = RawLines()
      for line in lines.suffix(max(0, count)) {
        let origin = LineOrigin(time: time, run: file.run(at: begin + UInt64(line.begin)), stream: .stdout)
        guard run == nil || run == origin.run else { continue }
        raw.append(bytes[line.begin..<min(line.end, line.begin + LineMemory.lineBound)], origin)
      }
      return raw
    }
    // Had, but without a file, is something else than not to be had.
    guard let lines else { return nil }
    return lines?.decoded ?? []
  }
}
