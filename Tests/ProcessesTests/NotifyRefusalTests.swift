// The judgement of senders where the main process and its descendants alone are heard.

import Glibc
import Linux
import Testing

@testable import Processes

@Suite struct NotifyRefusalTests {
  /// 1 → 10 (Stoker) → 20 (main, leads session 20) → 21 → 22 (leads session 22) → 23; 30 is an orphan in session 20, 31 its child that
  /// leads session 31; 40 is a neighbour with the child 41; 50 and 51 are each other's parent.
  private static let parents: [pid_t: (parent: pid_t, session: pid_t)] = [
    1: (0, 1), 10: (1, 10), 20: (10, 20), 21: (20, 20), 22: (21, 22), 23: (22, 22), 30: (10, 20), 31: (30, 31), 40: (10, 40), 41: (40, 40),
    50: (51, 50), 51: (50, 50),
  ]

  private static func status(_ pid: pid_t) -> ProcessStatus? {
    guard let (parent, session) = parents[pid] else { return nil }
    let line = "\(pid) (x) S \(parent) \(session) \(session) 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(100 + pid) 0 0 0"
    return Array(line.utf8).withUnsafeBytes { ProcessStatus(pid: pid, line: $0) }
  }

  private func refusal(_ sender: pid_t, main: pid_t = 20, startTime: UInt64? = nil) -> NotifyRefusal? {
    NotifyRefusal(
      of: sender, main: ProcessIdentity(pid: main, startTime: startTime ?? UInt64(100 + main)), status: Self.status)
  }

  @Test(
    "the main process is heard, its descendants of every session, and orphans of its session",
    arguments: [20, 21, 22, 23, 30, 31] as [pid_t])
  func heard(sender: pid_t) {
    #expect(refusal(sender) == nil)
  }

  @Test(
    "others are not: neighbours, our own process, those that are gone, and pids from elsewhere",
    arguments: [
      (40, .stranger), (41, .stranger), (10, .stranger), (50, .stranger), (99, .unknown), (1, .unknown), (0, .unknown), (-1, .unknown),
      (.max, .unknown),
    ] as [(pid_t, NotifyRefusal)])
  func refused(sender: pid_t, reason: NotifyRefusal) {
    #expect(refusal(sender) == reason)
  }

  @Test("where the main process was replaced, those above it are strangers")
  func replaced() {
    #expect(refusal(20, main: 22) == .stranger)
    #expect(refusal(21, main: 22) == .stranger)
    #expect(refusal(23, main: 22) == nil)
  }

  @Test("nobody descends from a main process that is gone, nor from another one with its pid")
  func headless() {
    #expect(NotifyRefusal(of: 21, main: nil, status: Self.status) == .headless)
    #expect(refusal(21, startTime: 1) == .headless)
    #expect(refusal(21, main: 98) == .headless)
  }
}
