// The standard outputs that logs go to, each by the thing behind it.

import Glibc
import Linux
import Synchronization

/// The streams of a collector. Descriptors for one pipe share one.
final class StreamSinks: Sendable {
  private struct Entry {
    let identity: StreamIdentity
    weak var sink: StreamSink?
  }

  /// In the order in which they were first named; none is removed, since we were started with a few.
  private let entries = Mutex<[Entry]>([])

  /// The device of the logs that go to a descriptor.
  func device(of number: Int32) -> UInt64 {
    guard let identity = InheritedStream.identity(of: number) else { return Self.device(at: Int(UInt16.max) + Int(number)) }
    return entries.withLock { Self.device(at: Self.place(of: identity, &$0)) }
  }

  /// Whether logs on this device go to a stream.
  func isDevice(_ device: UInt64) -> Bool { device > .max - UInt64(Int32.max) }

  /// The sink for a descriptor, opened with the first log that writes to it, and closed with the last.
  func sink(for number: Int32) throws(SystemError) -> StreamSink {
    guard let identity = InheritedStream.identity(of: number) else { throw SystemError(errno: EBADF) }
    return try entries.withLock { (entries) throws(SystemError) in
      let place = Self.place(of: identity, &entries)
      if let sink = entries[place].sink { return sink }
      let sink = try StreamSink(number, device: Self.device(at: place))
      entries[place].sink = sink
      return sink
    }
  }

  private static func place(of identity: StreamIdentity, _ entries: inout [Entry]) -> Int {
    if let place = entries.firstIndex(where: { $0.identity == identity }) { return place }
    entries.append(Entry(identity: identity))
    return entries.count - 1
  }

  /// Numbers that no file system has.
  private static func device(at place: Int) -> UInt64 { .max - UInt64(place) }
}
