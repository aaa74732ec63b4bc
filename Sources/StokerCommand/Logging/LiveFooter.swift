// Lines at the bottom of a terminal that are redrawn in place while a log goes on above them.

import Glibc
import Synchronization

/// What the log's writer draws below the log. Only its thread draws: whoever changes what is shown never waits.
final class LiveFooter: Sendable {
  /// What is drawn, and whether it stays so because nothing will change it any more.
  struct Picture {
    var lines: [StyledText]
    var isLast = false
  }

  private struct State {
    var picture: (@Sendable () -> Picture)?
    /// Another picture has another number.
    var number = 0
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

  /// From now on this is shown, asked for anew each time it is drawn.
  func show(_ picture: @escaping @Sendable () -> Picture) {
    state.withLock { $0 = State(picture: picture, number: $0.number + 1) }
  }

  /// It is drawn once more, and what stands there stays.
  func end() {
    state.withLock { $0.isEnding = $0.picture != nil }
  }

  var isShown: Bool { state.withLock { $0.picture != nil } }

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
    let (ask, number, isEnding) = state.withLock { ($0.picture, $0.number, $0.isEnding) }
    let picture = ask?()
    let isLast = isEnding || picture?.isLast == true
    // Unless another one is to be shown meanwhile.
    if isLast { state.withLock { if $0.number == number { $0 = State(number: number) } } }
    // Who was sent to the background, or whose terminal is somebody else's now, does not draw there.
    guard let picture, tcgetpgrp(descriptor) == getpgrp() else {
      defer { drawing.lines = [] }
      return drawing.erasure + log
    }
    if log.isEmpty, picture.lines == drawing.lines, !isLast { return [] }
    var bytes = drawing.erasure + log
    for line in picture.lines { bytes += line.bytes(coloured: isColoured) + [UInt8(ascii: "\n")] }
    drawing.lines = isLast ? [] : picture.lines
    return bytes
  }
}
