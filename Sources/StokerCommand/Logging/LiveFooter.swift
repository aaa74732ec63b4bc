// Lines at the bottom of a terminal that are redrawn in place while a log goes on above them.

import Glibc
import Synchronization

/// The lines that the log's writer draws below the log. Only its thread draws, so that a change of the footer never waits.
final class LiveFooter: Sendable {
  /// Lines, and whether they are the last ones, which stay on the terminal.
  struct Frame {
    var lines: [StyledText]
    var isLast = false
  }

  private struct State {
    var source: (@Sendable () -> Frame)?
    /// Each source has a number of its own.
    var number = 0
    /// The next drawing is the last one.
    var isEnding = false
  }

  private let state = Mutex(State())
  private let isColoured: Bool
  private let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
    isColoured = Colours.areWanted(on: descriptor)
  }

  /// Shows the frames of `source`, which is called before each drawing.
  func show(_ source: @escaping @Sendable () -> Frame) {
    state.withLock { $0 = State(source: source, number: $0.number + 1) }
  }

  /// Draws one more frame, which stays on the terminal.
  func end() {
    state.withLock { $0.isEnding = $0.source != nil }
  }

  var isShown: Bool { state.withLock { $0.source != nil } }

  var isEnding: Bool { state.withLock { $0.isEnding } }

  /// The lines of the last drawing, which the next one replaces.
  struct Drawing {
    fileprivate var lines: [StyledText] = []

    /// Moves to the first of the lines and erases everything from there on.
    fileprivate var erasure: [UInt8] {
      lines.isEmpty ? [] : Array("\r\u{1B}[\(lines.count)A\u{1B}[J".utf8)
    }
  }

  /// The log's new bytes, after the erasure of the footer and before its next frame. Called by the writer's thread.
  func bytes(around log: [UInt8], _ drawing: inout Drawing) -> [UInt8] {
    let (source, number, isEnding) = state.withLock { ($0.source, $0.number, $0.isEnding) }
    let frame = source?()
    let isLast = isEnding || frame?.isLast == true
    // Unless another source has been set meanwhile.
    if isLast { state.withLock { if $0.number == number { $0 = State(number: number) } } }
    // In the background the terminal belongs to another process group: nothing is drawn there.
    guard let frame, tcgetpgrp(descriptor) == getpgrp() else {
      defer { drawing.lines = [] }
      return drawing.erasure + log
    }
    if log.isEmpty, frame.lines == drawing.lines, !isLast { return [] }
    var bytes = drawing.erasure + log
    for line in frame.lines { bytes += line.bytes(coloured: isColoured) + [UInt8(ascii: "\n")] }
    drawing.lines = isLast ? [] : frame.lines
    return bytes
  }
}
