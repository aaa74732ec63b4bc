// The outputs of a run: made for a new run, taken over for a run that a dead Stoker left.

import CLinux
import Glibc
import Linux
import Synchronization

extension ServiceLog {
  /// The output of a run, for its spawn. It is opened on the thread that spawns, and pumped until the last
  /// process that has it is gone.
  ///
  /// A writer waits when its pipe is full, until the pipe is read again, also when this process dies (rule
  /// 36).
  ///
  /// - Parameter isNamed: whether a successor can continue to read it; false for commands that a successor
  ///   stops anyway.
  package func output(run: UInt64, isNamed: Bool = true) -> SpawnOutput {
    .opening { rights in
      do throws(LogError) {
        return try self.open(run: run, isNamed: isNamed, rights)
      } catch .pipe(let error) {
        throw error
      }
    }
  }

  private func open(run: UInt64, isNamed: Bool, _ rights: FileRights?) throws(LogError) -> OutputEnds {
    switch kind {
    case .direct(let direct):
      let ends = try direct.open(run: run, rights)
      guard let ends, core.tasks.post([.look(direct, then: nil)]) else { throw .closed }
      return ends
    case .piped(let piped):
      piped.act(as: rights)
      return try open(piped, run: run, isNamed: isNamed)
    }
  }

  private func open(_ piped: PipedLog, run: UInt64, isNamed: Bool) throws(LogError) -> OutputEnds {
    let (stdout, stderr) = (LogSource(run: run, stream: .stdout), LogSource(run: run, stream: .stderr))
    let streams = piped.settings.withLock { $0.streams }
    let output = try streams == .terminal ? terminal() : pipe(piped, stdout, isMerged: streams == .merged, isNamed: isNamed)
    if streams != .split {
      guard core.tasks.post([.attach(LogPipe(log: piped, source: stdout, descriptor: output.reading, fifo: output.fifo))]) else {
        discard(output)
        throw .closed
      }
      return OutputEnds(stdout: output.writing, stderr: output.writing, isPassed: true)
    }
    let errors: OutputPipe
    do {
      errors = try pipe(piped, stderr, isNamed: isNamed)
    } catch {
      discard(output)
      throw error
    }
    let tasks: [LogTask] = [
      .attach(LogPipe(log: piped, source: stdout, descriptor: output.reading, fifo: output.fifo)),
      .attach(LogPipe(log: piped.log(of: .stderr), source: stderr, descriptor: errors.reading, fifo: errors.fifo)),
    ]
    guard core.tasks.post(tasks) else {
      discard(output)
      discard(errors)
      throw .closed
    }
    return OutputEnds(stdout: output.writing, stderr: errors.writing, isPassed: true)
  }

  private func terminal() throws(LogError) -> OutputPipe {
    do {
      return try OutputPipe.terminal()
    } catch {
      throw .pipe(error)
    }
  }

  private func pipe(_ piped: PipedLog, _ source: LogSource, isMerged: Bool = false, isNamed: Bool) throws(LogError) -> OutputPipe {
    if isNamed, let (directory, name) = piped.fifo(of: source, isMerged: isMerged) {
      let path = "\(directory.path)/\(name)"
      core.opening.withLock { _ = $0.insert(path) }
      do {
        let pipe = try directory.make(name)
        core.isUnnamed.store(false, ordering: .relaxed)
        return pipe
      } catch {
        // A full or read-only disk: without a name the output is read as long as this process lives.
        core.opening.withLock { _ = $0.remove(path) }
        if !core.isUnnamed.exchange(true, ordering: .relaxed) { core.report(.unnamed(path: path, error)) }
      }
    }
    do {
      return try OutputPipe.anonymous()
    } catch {
      throw .pipe(error)
    }
  }

  private func discard(_ pipe: OutputPipe) {
    pipe.close()
    if let path = pipe.fifo?.path { core.opening.withLock { _ = $0.remove(path) } }
  }

  /// Continues to read the output of a run that a dead Stoker left, by its name, wherever that one kept it. Returns
  /// the state of the two streams.
  ///
  /// A direct log loses nothing: the run writes on by itself.
  /// - Parameter rights: the ids of the service's user; nil if they are ours.
  package func adopt(run: UInt64, rights: FileRights? = nil) -> Adoption {
    switch kind {
    case .piped(let piped):
      piped.act(as: rights)
      return adopt(piped, run: run)
    case .direct(let direct):
      let isThere: Bool
      do {
        _ = try direct.open(run: run, rights, isAdopted: true)
        isThere = core.tasks.post([.look(direct, then: nil)])
      } catch {
        isThere = false
      }
      return Adoption(stdout: isThere ? .resumed : .missing, stderr: isThere ? .resumed : .missing, lossBound: 0)
    }
  }

  private func adopt(_ piped: PipedLog, run: UInt64) -> Adoption {
    // Where several share a stream or a file, the dead Stoker may have held an unfinished line as well.
    let lossBound = LogPump.blockSize + (piped.all.contains { core.holdsLines(of: $0) } ? LineHold.bound : 0)
    // The run may have been started with another `streams` than the file has now.
    let both = adopt(piped, LogSource(run: run, stream: .stdout), isMerged: true)
    guard both == .missing else { return Adoption(stdout: both, stderr: both, lossBound: lossBound) }
    return Adoption(
      stdout: adopt(piped, LogSource(run: run, stream: .stdout)), stderr: adopt(piped, LogSource(run: run, stream: .stderr)),
      lossBound: lossBound)
  }

  private func adopt(_ piped: PipedLog, _ source: LogSource, isMerged: Bool = false) -> Adoption.Stream {
    guard let (directory, name) = piped.fifo(of: source, isMerged: isMerged), let (fifo, descriptor) = directory.find(name) else {
      return .missing
    }
    // No process has it open: it would never report an end.
    guard clinux_pipe_is_held(descriptor) != 0 else {
      Glibc.close(descriptor)
      core.discard(fifo)
      return .ended
    }
    core.opening.withLock { _ = $0.insert(fifo.path) }
    let pipe = LogPipe(log: piped.log(of: source.stream), source: source, descriptor: descriptor, fifo: fifo)
    guard core.tasks.post([.attach(pipe)]) else {
      Glibc.close(descriptor)
      core.opening.withLock { _ = $0.remove(fifo.path) }
      return .missing
    }
    return .resumed
  }
}
