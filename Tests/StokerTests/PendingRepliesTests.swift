// The time of each reply.

import Orchestration
import Synchronization
import Testing

@testable import Stoker

@Suite struct PendingRepliesTests {
  private let core: Orchestrator
  private let start = Instant(nanoseconds: 0)

  init() throws {
    core = Orchestrator(try DependencyGraph([ServiceSpec(name: "dao")]), types: ["dao"], at: start)
  }

  private func wait(_ service: String, _ goal: Goal, until deadline: Instant, _ reply: CheckedContinuation<CommandReply, Never>)
    -> CommandWait
  {
    CommandWait(
      service: service, before: core.view(ServiceID(0)), condition: WaitCondition(goal: goal, after: 0, attempts: 0, deadline: deadline),
      alsoStarted: [],
      alsoStopped: ["edge"],
      reply: reply)
  }

  @Test("the reply at the end comes after publishing, whether it is requested before or after the end")
  func end() async throws {
    var replies = PendingReplies()
    let report = StopReport(killed: [ServiceID(0)], leftOver: [])
    let early = try await withCheckedThrowingContinuation { reply in
      replies.replyAtEnd(to: reply)
      replies.conclude(.success(report))
      replies.published()
    }
    let late = try await withCheckedThrowingContinuation { reply in
      // Only the first end counts.
      replies.conclude(.success(StopReport(killed: [], leftOver: [])))
      replies.replyAtEnd(to: reply)
      replies.published()
    }
    #expect(early == report && late == report)
  }

  @Test("an answer is given once, with the next publishing")
  func publishing() {
    var replies = PendingReplies()
    let answers = Mutex(0)
    replies.afterPublishing { answers.withLock { $0 += 1 } }
    #expect(answers.withLock { $0 } == 0)
    replies.published()
    replies.published()
    #expect(answers.withLock { $0 } == 1)
  }

  @Test("a command is answered when its goal is reached, at its deadline, when its service has gone, and at the end of the loop")
  func commands() async throws {
    var replies = PendingReplies()
    let deadline = start + .seconds(5)
    let stopped = await withCheckedContinuation { reply in
      replies.add(wait("dao", .stopped, until: deadline, reply))
      replies.settle(core, at: start) { _ in
        ""
      } whyNot: { _ in
        ""
      }
    }
    guard case .reached(let view, _, _, let alsoStopped) = stopped else { return #expect(Bool(false), "\(stopped)") }
    #expect(view.status == .stopped && alsoStopped == ["edge"] && replies.deadline == nil)

    let gone = await withCheckedContinuation { reply in
      replies.add(wait("onion", .running, until: deadline, reply))
      replies.settle(core, at: start) { _ in
        ""
      } whyNot: { _ in
        ""
      }
    }
    guard case .gone = gone else { return #expect(Bool(false), "\(gone)") }

    let lost = await withCheckedContinuation { reply in
      replies.add(wait("dao", .running, until: deadline, reply))
      #expect(replies.deadline == deadline)
      replies.settle(core, at: deadline) { _ in
        ""
      } whyNot: {
        "service \($0.index) is stopped"
      }
    }
    guard case .missed("service 0 is stopped") = lost else { return #expect(Bool(false), "\(lost)") }

    let ended = await withCheckedContinuation { reply in
      replies.add(wait("dao", .running, until: deadline, reply))
      replies.end()
    }
    guard case .missed("Stoker has ended") = ended else { return #expect(Bool(false), "\(ended)") }
  }

  @Test("checks now are answered when the last result is in")
  func checks() async {
    var replies = PendingReplies()
    func result(_ service: String) -> CheckNowResult {
      CheckNowResult(service: service, health: .healthy, passed: true, at: Timestamp(nanoseconds: 0), message: "fine")
    }
    let results = await withCheckedContinuation { reply in
      replies.add(CheckNowBatch(awaited: [4, 9], results: [result("a")], reply: reply))
      replies.add(result("stranger"), for: 5)
      for (check, service) in [(9, "b"), (4, "c")] {
        replies.settle(core, at: start) { _ in
          ""
        } whyNot: { _ in
          ""
        }
        replies.add(result(service), for: UInt64(check))
      }
      replies.settle(core, at: start) { _ in
        ""
      } whyNot: { _ in
        ""
      }
    }
    #expect(results.map(\.service) == ["a", "b", "c"])
  }
}
