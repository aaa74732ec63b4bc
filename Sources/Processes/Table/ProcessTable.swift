// The processes of all runs: started, watched, signalled and reaped. One path for services, checks and hooks.

import CLinux
import Glibc
import Linux
import Synchronization

/// Starts programs and follows them and their descendants to the end.
///
/// A run consists of its session (each program leads one of its own), the descendants of that, every process
/// with its mark in the environment, as daemons that fork twice have, and, if it has a cgroup of its
/// own, everything in that. Use one table in a process.
package final class ProcessTable: Sendable {
  let core: TableCore
  private let threads = Mutex<[NativeThread]>([])

  /// Makes a table and starts its threads.
  ///
  /// - Parameters:
  ///   - marks: the marks in the environments of its children.
  ///   - notifications: the folder for notification sockets.
  ///   - events: receives events in batches, in order, on the table's own thread: it must not block.
  package init(
    marks: RunMarks, notifications: NotifyFolder = NotifyFolder(), events: @escaping @Sendable ([ProcessEvent]) -> Void
  ) throws(ProcessTableError) {
    do {
      core = try TableCore(marks: marks, notifications: notifications, events: events)
    } catch {
      throw .setup(error)
    }
    do {
      try start()
    } catch {
      shutdown()
      throw .setup(error)
    }
  }

  deinit { shutdown() }

  private func start() throws(SystemError) {
    let core = core
    // Made here and passed to its thread, so that the caller gets the error if it cannot be made.
    let watcher = Mutex<Watcher?>(try Watcher(core))
    let watching = try core.launch("stoker-watch") {
      guard var watcher = watcher.withLock({ $0.take() }) else { return }
      watcher.run()
    }
    threads.withLock { $0.append(watching) }
    for _ in 0..<SpawnQueue.usualSpawners {
      let spawner = try core.launchSpawner()
      threads.withLock { $0.append(spawner) }
    }
  }

  /// Starts a program. Never blocks; the result comes as an event. `key` must not have been used before.
  package func spawn(_ request: SpawnRequest, as key: RunKey) {
    enqueue(.spawn(request), as: key)
  }

  /// Takes over a run of a table that is gone: from then on it is a run like any other, except that the
  /// kernel may not report how its main process ended. Never blocks; the result comes as events: `adopted`,
  /// or `exited` at once if the main process is gone, and `emptied` when nothing is left. `key` must not have
  /// been used before by this table.
  ///
  /// The text of the marks must be that of the other table. A notification socket has the same address again; if that cannot be had, there are no
  /// notifications (`unheard`).
  package func adopt(_ adoption: RunAdoption, as key: RunKey) {
    enqueue(.adopt(adoption), as: key)
  }

  private func enqueue(_ job: SpawnQueue.Job, as key: RunKey) {
    let isFirst = core.registry.withLock { registry in
      defer { registry.enqueue(job, as: key) }
      return registry.queue.isEmpty
    }
    core.jobs.ring()
    // The watcher starts another spawner if this job is not begun.
    if isFirst { core.wakeup.ring() }
  }

  /// Signals a run: all of it (its group at once, processes outside of the group as soon as they are found),
  /// or its main process alone. Signals that can end a process are followed by SIGCONT, so that a stopped
  /// process acts on them. A run that is being spawned gets the signal when it exists; one that is gone is no
  /// error.
  /// - Parameter wakes: Whether SIGCONT follows at all.
  package func signal(_ key: RunKey, _ signal: Int32, scope: SignalScope = .everything, wakes: Bool = true) {
    core.registry.withLock { $0.signal(key, signal, scope, wakes: wakes) }
    core.wakeup.ring()
  }

  /// Kills all of a run with SIGKILL, including processes that it still starts, until nothing is left
  /// (`emptied`).
  package func kill(_ key: RunKey) {
    signal(key, SIGKILL)
  }

  /// The known pids of a run, for messages: its first process while it runs, and the members found at the
  /// last signal, or when its main process ended. Reads nothing and never blocks.
  package func members(of key: RunKey) -> [Int32] {
    core.registry.withLock { $0.members(of: key) }.sorted()
  }

  /// Ends the table's threads. Kills nothing and sends no more events. First processes that have ended are
  /// reaped. Returns those that run: they stay children of this process, and become zombies at their end
  /// unless it waits for them (waitpid(2)). On the thread of `events` it does not wait for the end of the
  /// threads.
  @discardableResult
  package func shutdown() -> [Int32] {
    let spawners = core.registry.withLock { registry in
      registry.isStopped = true
      return registry.queue.spawners
    }
    core.jobs.ring(UInt64(spawners))
    core.wakeup.ring()
    let threads = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in threads { thread.join() }
    core.notifications.leave()
    return core.registry.withLock { $0.takeAbandoned() }
  }

  /// Makes this process the parent of its orphaned descendants, so that daemons that fork twice are found at
  /// once and their zombies reaped.
  ///
  /// For programs that own their process, before their table is made; a library must not call it (rule 29).
  /// Installs a SIGCHLD handler.
  package static func becomeSubreaper() throws(ProcessTableError) {
    do {
      try system { clinux_become_subreaper() }
    } catch {
      throw .subreaper(error)
    }
  }
}
