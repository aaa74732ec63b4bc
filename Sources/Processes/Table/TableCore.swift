// What the threads of a process table share.

import CLinux
import Glibc
import Linux
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
  func launch(
    _ name: String, isDetached: Bool = false, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) -> NativeThread {
    registry.withLock { $0.threads += 1 }
    do {
      return try NativeThread(name, isDetached: isDetached) {
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

  /// Starts a thread that spawns. One in the place of others that hang is detached: nobody waits for its end.
  func launchSpawner(isDetached: Bool = false) throws(SystemError) -> NativeThread {
    // Made here and handed to its thread, so that what is missing is told to the caller.
    let spawner = Mutex<Spawner?>(try Spawner())
    registry.withLock { $0.queue.spawnerStarted() }
    do {
      return try launch("stoker-spawn", isDetached: isDetached) {
        if let spawner = spawner.withLock({ $0.take() }) { self.spawnUntilStopped(spawner) }
        self.registry.withLock { $0.queue.spawnerEnded() }
      }
    } catch {
      registry.withLock { $0.queue.spawnerEnded() }
      throw error
    }
  }

  /// Starts another spawner if those that are there hang. For the watcher, which comes by every `patience` while a job waits.
  func relieveSpawners() {
    guard registry.withLock({ !$0.isStopped && $0.queue.needsSpawner() }) else { return }
    // Without memory or threads for it: the next time.
    _ = try? launchSpawner(isDetached: true)
  }

  /// The work of a spawner thread: job after job, until the table is stopped.
  private func spawnUntilStopped(_ spawner: borrowing Spawner) {
    while true {
      jobs.wait()
      guard let (job, key) = registry.withLock({ $0.beginSpawn() }) else { return }
      var hasCloned = false
      let outcome =
        switch job {
        case .spawn(let request): spawn(request, as: key, with: spawner, &hasCloned)
        case .adopt(let adoption): adopt(adoption, as: key, in: spawner.proc)
        }
      let isSpare = registry.withLock { registry in
        registry.finishSpawn(outcome, hasCloned: hasCloned)
        return registry.queue.hasSpawnersToSpare
      }
      news.ring()
      if isSpare { return }
    }
  }

  private func spawn(
    _ request: SpawnRequest, as key: RunKey, with spawner: borrowing Spawner, _ hasCloned: inout Bool
  ) -> RunRegistry.Outcome {
    var means = Spawner.Means()
    var channels = Channels()
    defer {
      means.ends?.close()
      for descriptor in [means.notification, means.group] where descriptor >= 0 { close(descriptor) }
    }
    do {
      means.ends = try request.output.ends()
      try prepare(request, key, &means, &channels)
      let origin = RunRegistry.Origin(group: request.group, oomKills: request.group?.oomKills)
      // Not before: what comes first may hang on a disk, and nothing that ends could be told from a child meanwhile.
      registry.withLock { $0.queue.beginClone() }
      hasCloned = true
      let started = try spawner.spawn(request, with: means, mark: mark, key: key)
      return .spawned(key, RunRegistry.Leader(identity: started.identity, pidfd: started.pidfd), origin, channels)
    } catch {
      channels.close()
      return .failed(key, error)
    }
  }

  private func prepare(
    _ request: SpawnRequest, _ key: RunKey, _ means: inout Spawner.Means, _ channels: inout Channels
  ) throws(SpawnError) {
    let (user, group) = (request.setup.user, request.setup.group)
    if user != nil || group != nil { means.account = try Account(user: user, group: group) }
    if request.hasSocket {
      do {
        let socket = try NotifySocket(mark: mark, owner: key.owner, user: means.account.user)
        channels.socket = socket
        means.socket = socket.address
      } catch {
        let hint = error.errno == EADDRINUSE ? "another process has taken its name" : ""
        throw SpawnError(step: .notification, errno: error.errno, hint: hint)
      }
    }
    if request.notify == .s6 {
      do {
        let (reading, writing) = try ReadinessPipe.open()
        channels.readiness = reading
        means.notification = writing
      } catch {
        throw SpawnError(step: .notification, errno: error.errno)
      }
    }
    if let group = request.group {
      do {
        means.group = try group.open()
      } catch {
        throw SpawnError(step: .controlGroup, errno: error.errno, subject: group.path)
      }
    }
  }
}
