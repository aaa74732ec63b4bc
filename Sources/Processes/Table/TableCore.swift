// The shared state of a process table's threads.

import CLinux
import Glibc
import Linux
import Synchronization

/// The registry under its lock, and the wake-ups of the threads.
final class TableCore: Sendable {
  let marks: RunMarks
  let notifications: NotifyFolder
  let events: @Sendable ([ProcessEvent]) -> Void
  let registry = Mutex(RunRegistry())
  /// Wakes the watcher.
  let wakeup: Wakeup
  /// Releases a spawner, once for each queued spawn.
  let jobs: Wakeup

  init(marks: RunMarks, notifications: NotifyFolder, events: @escaping @Sendable ([ProcessEvent]) -> Void) throws(SystemError) {
    self.marks = marks
    self.notifications = notifications
    self.events = events
    wakeup = try Wakeup()
    jobs = try Wakeup(semaphore: true)
  }

  /// Starts a thread of the table. The last one to end after `isStopped` removes the runs: until then spawns
  /// may be registered.
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

  /// Starts a spawner thread. A replacement for one that hangs is detached: the shutdown does not wait for
  /// it.
  func launchSpawner(isDetached: Bool = false) throws(SystemError) -> NativeThread {
    // Made here and passed to its thread, so that the caller gets the error if it cannot be made.
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

  /// Starts another spawner if all present ones hang. Called by the watcher each `patience` while a job
  /// waits.
  func relieveSpawners() {
    guard registry.withLock({ !$0.isStopped && $0.queue.needsSpawner() }) else { return }
    // Without memory or threads it is tried again at the next call.
    _ = try? launchSpawner(isDetached: true)
  }

  /// The work of a spawner thread: job after job, until the table is stopped.
  private func spawnUntilStopped(_ spawner: borrowing Spawner) {
    while true {
      jobs.wait()
      guard let (job, key) = registry.withLock({ $0.beginSpawn() }) else { return }
      let result =
        switch job {
        case .spawn(let request): spawn(request, as: key, with: spawner)
        case .adopt(let adoption): adopt(adoption, as: key, in: spawner.proc)
        }
      let isSpare = registry.withLock { registry in
        registry.finishSpawn(result, of: key)
        return registry.queue.hasSpawnersToSpare
      }
      if case .spawned = result { spawner.child.forget(isStarted: true) } else { spawner.child.forget(isStarted: false) }
      wakeup.ring()
      if isSpare { return }
    }
  }

  private func spawn(_ request: SpawnRequest, as key: RunKey, with spawner: borrowing Spawner) -> RunRegistry.JobResult {
    var resources = Spawner.Resources()
    var channels = Channels()
    defer {
      resources.ends?.close()
      for descriptor in [resources.notification, resources.group] where descriptor >= 0 { close(descriptor) }
      // Not before the program runs: see `ServiceGroup`.
      if resources.group >= 0 { request.group?.entered() }
    }
    do {
      let (user, group) = (request.setup.user, request.setup.group)
      if user != nil || group != nil { resources.account = try Account(user: user, group: group) }
      resources.ends = try request.output.ends(for: resources.account.rights)
      try prepare(request, key, &resources, &channels)
      let entered = resources.group < 0 ? nil : request.group
      let origin = RunRegistry.Origin(group: entered, oomKills: entered?.oomKills)
      // Not before: the preparation may hang on a disk, and while a child is not known no unknown child can be
      // reaped.
      let child = spawner.child
      registry.withLock { $0.queue.beginClone(child, as: key) }
      let started = try spawner.spawn(request, with: resources, mark: marks.assignment(of: key))
      return .spawned(key, RunRegistry.Leader(identity: started.identity, pidfd: started.pidfd), origin, channels)
    } catch {
      channels.close()
      if resources.group >= 0 { request.group?.discard() }
      return .failed(key, error)
    }
  }

  private func prepare(
    _ request: SpawnRequest, _ key: RunKey, _ resources: inout Spawner.Resources, _ channels: inout Channels
  ) throws(SpawnError) {
    if request.hasSocket {
      do {
        let socket = try notifications.socket(for: key.owner, user: resources.account.user)
        channels.socket = socket
        channels.hearsMainAlone = request.hearsMainAlone
        resources.socket = socket.address
      } catch {
        throw SpawnError(step: .notification, errno: error.errno)
      }
    }
    channels.pidFile = request.pidFile.map { PIDFile(path: $0, user: resources.account.user) }
    if request.notify == .s6 {
      do {
        let (reading, writing) = try ReadinessPipe.open()
        channels.readiness = reading
        resources.notification = writing
      } catch {
        throw SpawnError(step: .notification, errno: error.errno)
      }
    }
    if let group = request.group {
      do {
        resources.group = try group.open() ?? -1
      } catch {
        throw SpawnError(step: .controlGroup, errno: error.errno, subject: group.path)
      }
    }
  }
}
