// Lines at the bottom of a terminal that are redrawn in place while a log goes on above them.

import Glibc
import Synchronization

/// What the log's writer draws below the log. Only its thread draws: whoever changes what is shown never waits.
final class LiveFooter: Sendable {
  private struct State {
    var lines: (@Sendable () -> [StyledText])?
    /// It ends with the next drawing, which stays.
    var isEnding = false
  }

  private let state = Mutex(State())
  private let isColoured: Bool
  private let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
    isColoured = Colours.areWanted(on: descriptor)
  }

  /// From now on these lines are shown, asked for anew each time they are drawn.
  func show(_ lines: @escaping @Sendable () -> [StyledText]) {
    state.withLock { $0 = State(lines: lines) }
  }

  /// They are drawn once more, and what stands there stays.
  func end() {
    state.withLock { $0.isEnding = $0.lines != nil }
  }

  var isShown: Bool { state.withLock { $0.lines != nil } }

  var isEnding: Bool { state.withLock { $0.isEnding } }

  /// What is to be written in place of what was drawn last.
  struct Drawing {
    fileprivate var lines: [StyledText] = []

    /// Takes away what was drawn: to the first of its lines, and everything from there on.
    fileprivate var erasure: [UInt8] {
      lines.isEmpty ? [] : Array("\r\u{1B}[\(lines.count)A\u{1B}[J".utf8)
    }
  }

  /// The log's new bytes, with what is shown taken away before and drawn again after. Called by the thread that writes.
  func bytes(around log: [UInt8], _ drawing: inout Drawing) -> [UInt8] {
    let (lines, isEnding) = state.withLock { state in
      defer { if state.isEnding { state = State() } }
      return (state.lines, state.isEnding)
    }
    // Who was sent to the background, or whose terminal is somebody else's now, does not draw there.
    guard let lines, tcgetpgrp(descriptor) == getpgrp() else {
      defer { drawing.lines = [] }
      return drawing.erasure + log
    }
    let drawn = lines()
    if log.isEmpty, drawn == drawing.lines, !isEnding { return [] }
    var bytes = drawing.erasure + log
    for line in drawn { bytes += line.bytes(coloured: isColoured) + [UInt8(ascii: "\n")] }
    drawing.lines = isEnding ? [] : drawn
    return bytes
  }
}
