// What the threads of a process table share.

import CLinux
import Glibc
import Synchronization

/// The registry under its lock, and the bells of the threads.
final class TableCore: Sendable {
  let mark: String
  let events: @Sendable ([ProcessEvent]) -> Void
  let registry = Mutex(RunRegistry())
  /// Wakes the watcher.
  let news: Wakeup
  /// Lets a spawner pass, once for each spawn that is queued.
  let jobs: Wakeup

  init(mark: String, events: @escaping @Sendable ([ProcessEvent]) -> Void) throws(SystemError) {
    self.mark = mark
    self.events = events
    news = try Wakeup()
    jobs = try Wakeup(semaphore: true)
  }

  /// Starts a thread of the table. The last one to end after `isStopped` lets go of the runs: until then spawns may come in.
  func launch(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) -> NativeThread {
    registry.withLock { $0.threads += 1 }
    do {
      return try NativeThread(name) {
        body()
        self.threadEnded()
      }
    } catch {
      threadEnded()
      throw error
    }
  }

  private func threadEnded() {
    registry.withLock { registry in
      registry.threads -= 1
      if registry.threads == 0, registry.isStopped { registry.removeAll() }
    }
  }

  /// The work of a spawner thread: spawn after spawn, until the table is stopped.
  func spawnUntilStopped(_ spawner: borrowing Spawner) {
    while true {
      jobs.wait()
      guard let (request, key) = registry.withLock({ $0.beginSpawn() }) else { return }
      let outcome = spawn(request, as: key, with: spawner)
      if case .owned(let ends) = request.output { ends.close() }
      registry.withLock { $0.finishSpawn(outcome) }
      news.ring()
    }
  }

  private func spawn(_ request: SpawnRequest, as key: RunKey, with spawner: borrowing Spawner) -> RunRegistry.Outcome {
    do {
      let started = try spawner.spawn(request, mark: mark, key: key)
      return .spawned(key, RunRegistry.Leader(identity: started.identity, pidfd: started.pidfd))
    } catch {
      return .failed(key, error)
    }
  }
}
