// Watcher: receives the notifications of runs.

import CLinux
import Glibc
import Linux
import Synchronization

extension Watcher {
  mutating func listen(to channels: Channels, of key: RunKey) {
    guard !channels.descriptors.isEmpty || channels.pidFile != nil else { return }
    self.channels[key] = channels
    if let socket = channels.socket { watch(socket.descriptor, .socket(key)) }
    if let readiness = channels.readiness { watch(readiness, .readiness(key)) }
  }

  /// If the descriptor cannot be watched, it is read when the run ends.
  private mutating func watch(_ descriptor: Int32, _ watch: Watch) {
    watches[descriptor] = watch
    try? poller.add(descriptor)
  }

  /// Receives the messages that have arrived, as fast as the run's pace allows. The socket of a process that
  /// sends without end rests until then: what it sends waits in its own queue.
  mutating func hear(_ key: RunKey, _ descriptor: Int32) {
    guard let room = channels[key]?.pace.room(at: .now) else { return }
    let count = receive(key, bound: room)
    channels[key]?.pace.took(count)
    guard count >= room else { return }
    poller.remove(descriptor)
    resting.insert(key)
  }

  /// Watches the sockets again that have rested.
  mutating func endRests() {
    let now = SuspendingClock.now
    for key in resting {
      guard let channels = channels[key], let socket = channels.socket else {
        resting.remove(key)
        continue
      }
      var pace = channels.pace
      if pace.room(at: now) > 0, (try? poller.add(socket.descriptor)) != nil { resting.remove(key) }
    }
  }

  /// Receives the messages that have arrived, at most so many. Returns their number.
  @discardableResult
  mutating func receive(_ key: RunKey, bound: Int) -> Int {
    guard let socket = channels[key]?.socket else { return 0 }
    for count in 0..<max(0, bound) {
      guard let received = socket.receive() else { return count }
      var message = received.message
      if channels[key]?.hearsMainAlone == true, !message.isEmpty { admit(&message, from: received.sender, of: key) }
      // First, so that the other notifications of the message belong to the new main process.
      if let pid = message.mainProcess { setMain(pid, of: key) }
      for notification in message.notifications { news.append(.notified(key, notification)) }
    }
    return bound
  }

  /// Takes out of a message what its sender may not say where the main process and its descendants alone are heard.
  private mutating func admit(_ message: inout NotificationMessage, from sender: pid_t, of key: RunKey) {
    let main = core.registry.withLock { $0.main(of: key)?.identity }
    var refusal = NotifyRefusal(of: sender, main: main) { proc.status(of: $0) }
    if refusal != nil {
      (message.mainProcess, message.notifications) = (nil, [])
    } else if message.mainProcess != nil, sender != main?.pid {
      message.mainProcess = nil
      refusal = .notMain
    }
    guard let refusal, channels[key]?.refusals.insert(refusal).inserted == true else { return }
    news.append(.refused(key, refusal, sender: sender))
  }

  mutating func receiveReadiness(_ key: RunKey) {
    guard let reading = channels[key]?.readiness, let isReady = ReadinessPipe.isReady(reading) else { return }
    if isReady { news.append(.notified(key, .ready)) }
    // One newline is enough. The program's own end of the pipe stays intact.
    channels[key]?.readiness = nil
    unwatch(reading)
    closing.append(reading)
  }

  mutating func stopListening(to key: RunKey) {
    guard let channels = channels.removeValue(forKey: key) else { return }
    channels.socket?.removeFile()
    for descriptor in channels.descriptors {
      unwatch(descriptor)
      closing.append(descriptor)
    }
  }

  /// Makes a process of the run its main process, unless the main process has ended.
  private mutating func setMain(_ pid: Int32, of key: RunKey) {
    let (main, leader) = core.registry.withLock { ($0.main(of: key), $0.leader(of: key)) }
    guard let main, main.identity.pid != pid else { return }
    if let leader, leader.isAlive, leader.leader.identity.pid == pid {
      replaceMain(of: key, by: nil)
      news.append(.notified(key, .mainProcess(leader.leader.identity)))
      return
    }
    try? makeMain(pid, of: key)
  }

  /// Makes a process the main process of a run, if it lives and is proved to be of it.
  mutating func makeMain(_ pid: Int32, of key: RunKey) throws(PIDFileFault) {
    let pidfd = clinux_pidfd_open(pid)
    guard pidfd >= 0 else { throw .gone(pid) }
    do throws(PIDFileFault) {
      guard let status = proc.status(of: pid), !status.isZombie else { throw .gone(pid) }
      guard isMember(status, of: key) else { throw .stranger(pid) }
      guard lives(pidfd) else { throw .gone(pid) }
      do { try poller.add(pidfd) } catch { throw .unreadable(error) }
      watches[pidfd] = .main(key)
      replaceMain(of: key, by: RunRegistry.Leader(identity: status.identity, pidfd: pidfd, isAdopted: true))
      news.append(.notified(key, .mainProcess(status.identity)))
    } catch {
      closing.append(pidfd)
      throw error
    }
  }

  private mutating func replaceMain(of key: RunKey, by main: RunRegistry.Leader?) {
    guard let before = core.registry.withLock({ $0.setMain(main, of: key) }) else { return }
    unwatch(before)
    closing.append(before)
  }

  private mutating func isMember(_ process: ProcessStatus, of key: RunKey) -> Bool {
    let (group, leaders) = core.registry.withLock { ($0.runs[key]?.origin.group, $0.leaders) }
    if let group, group.processes().contains(process.pid) { return true }
    // An orphan whose descent was seen.
    if let owner = orphans[process.pid], owner == key { return true }
    return sweep.isMember(process, of: key, leaders: leaders, proc)
  }

  /// Whether the process lives, so that its pid was not reused since the descriptor was opened.
  private func lives(_ pidfd: Int32) -> Bool {
    var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    return uninterrupted { poll(&entry, 1, 0) } == 0
  }
}
