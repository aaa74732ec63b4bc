// The state machine between a producer and its connection.

import Testing

@testable import HTTPServer

@Suite("Stream queue")
struct StreamQueueTests {
  private static func chunk(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(count), count: count) }

  @Test("bytes are accepted up to the limit, counted until they are sent")
  func limit() {
    var queue = StreamQueue<Int>(limit: 10)
    #expect(queue.offer(Self.chunk(4)) == .accepted(announce: true))
    #expect(queue.offer(Self.chunk(6)) == .accepted(announce: false))
    #expect(queue.offer(Self.chunk(1)) == .full)
    #expect(queue.take() == [Self.chunk(4), Self.chunk(6)])
    #expect(queue.offer(Self.chunk(1)) == .full)
    #expect(queue.sent(4) == ([], false))
    #expect(queue.offer(Self.chunk(5)) == .full)
    #expect(queue.offer(Self.chunk(4)) == .accepted(announce: true))
  }

  @Test("waiters are let in in their order, and nobody passes them")
  func order() {
    var queue = StreamQueue<Int>(limit: 10)
    #expect(queue.wait(Self.chunk(8), 0) == .accepted(announce: true))
    #expect(queue.wait(Self.chunk(5), 1) == .full)
    #expect(queue.wait(Self.chunk(1), 2) == .full)
    #expect(queue.wait(Self.chunk(9), 3) == .full)
    #expect(queue.offer(Self.chunk(1)) == .full)
    #expect(queue.take() == [Self.chunk(8)])
    #expect(queue.sent(2) == ([], false))
    #expect(queue.sent(1) == ([1], true))
    #expect(queue.sent(5) == ([2], false))
    #expect(queue.take() == [Self.chunk(5), Self.chunk(1)])
    #expect(queue.sent(5) == ([3], true))
    #expect(queue.take() == [Self.chunk(9)])
  }

  @Test("a chunk above the limit goes alone")
  func large() {
    var queue = StreamQueue<Int>(limit: 10)
    #expect(queue.offer(Self.chunk(1)) == .accepted(announce: true))
    #expect(queue.wait(Self.chunk(100), 1) == .full)
    #expect(queue.take() == [Self.chunk(1)])
    #expect(queue.sent(1) == ([1], true))
    #expect(queue.offer(Self.chunk(1)) == .full)
    #expect(queue.take() == [Self.chunk(100)])
  }

  @Test("after the end nothing is accepted, waiters are told the first reason, and what was accepted can be taken")
  func close() {
    var queue = StreamQueue<Int>(limit: 10)
    #expect(queue.offer(Self.chunk(10)) == .accepted(announce: true))
    #expect(queue.wait(Self.chunk(1), 1) == .full)
    #expect(queue.close(.stopping) == [1])
    #expect(queue.close(.clientLeft) == [])
    #expect(queue.offer(Self.chunk(1)) == .closed(.stopping))
    #expect(queue.wait(Self.chunk(1), 2) == .closed(.stopping))
    #expect(queue.take() == [Self.chunk(10)])
    #expect(queue.sent(10) == ([], false))
    #expect(queue.take() == [])
  }
}
