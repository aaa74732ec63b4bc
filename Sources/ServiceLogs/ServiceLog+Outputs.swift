// The outputs of a run: made for a new one, taken over from one that a dead Stoker left.

import CLinux
import Glibc
import Linux
import Synchronization

extension ServiceLog {
  /// Where the output of a run goes: what to give to the spawn. It is opened on the thread that spawns. What comes out is moved until the
  /// last process that has it is gone.
  ///
  /// A writer waits when its pipe is full, until it is read again, also when this process dies (rule 36).
  ///
  /// - Parameter isNamed: a successor can go on reading it; not of commands that a successor stops anyway.
  package func output(run: UInt64, isNamed: Bool = true) -> SpawnOutput {
    .opening { () throws(LogError) in try self.open(run: run, isNamed: isNamed) }
  }

  private func open(run: UInt64, isNamed: Bool) throws(LogError) -> OutputEnds {
    if let direct {
      let ends = try direct.open(run: run)
      guard let ends, core.post([.look(self, then: nil)]) else { throw .closed }
      return ends
    }
    let output = try pipe(run: run, .stdout, isNamed: isNamed)
    let errors: OutputPipe
    do {
      errors = try pipe(run: run, .stderr, isNamed: isNamed)
    } catch {
      discard(output)
      throw error
    }
    let orders: [CollectorCore.Order] = [
      .attach(LogPipe(log: self, source: LogSource(run: run, stream: .stdout), descriptor: output.reading, isNamed: output.path != nil)),
      .attach(LogPipe(log: self, source: LogSource(run: run, stream: .stderr), descriptor: errors.reading, isNamed: errors.path != nil)),
    ]
    guard core.post(orders) else {
      discard(output)
      discard(errors)
      throw .closed
    }
    return OutputEnds(stdout: output.writing, stderr: errors.writing)
  }

  private func pipe(run: UInt64, _ stream: LogStream, isNamed: Bool) throws(LogError) -> OutputPipe {
    if isNamed, let name, let folder = core.folder {
      let path = folder.path(name: name, run: run, stream: stream)
      core.opening.withLock { _ = $0.insert(path) }
      do {
        let pipe = try OutputPipe.named(path)
        core.isUnnamed.store(false, ordering: .relaxed)
        return pipe
      } catch {
        // A full or read-only disk: the output is kept, as long as we live.
        core.opening.withLock { _ = $0.remove(path) }
        if !core.isUnnamed.exchange(true, ordering: .relaxed) { core.tell(.unnamed(path: path, error)) }
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
    if let path = pipe.path { core.opening.withLock { _ = $0.remove(path) } }
  }

  /// Goes on reading the output of a run that a dead Stoker left, in the same folder and by the same name, and says what of it was there.
  ///
  /// Of a direct log nothing is lost: the run writes on by itself.
  package func adopt(run: UInt64) -> Adoption {
    if let direct {
      let isThere: Bool
      do {
        _ = try direct.open(run: run, isAdopted: true)
        isThere = core.post([.look(self, then: nil)])
      } catch {
        isThere = false
      }
      return Adoption(stdout: isThere ? .resumed : .missing, stderr: isThere ? .resumed : .missing, lossBound: 0)
    }
    return Adoption(stdout: adopt(run: run, .stdout), stderr: adopt(run: run, .stderr), lossBound: LogMover.blockSize)
  }

  private func adopt(run: UInt64, _ stream: LogStream) -> Adoption.Stream {
    guard let name, let folder = core.folder else { return .missing }
    let path = folder.path(name: name, run: run, stream: stream)
    let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return .missing }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
      Glibc.close(descriptor)
      return .missing
    }
    // Nobody can open it any more: it would never come to an end.
    guard clinux_pipe_is_held(descriptor) != 0 else {
      Glibc.close(descriptor)
      core.discard(path)
      return .ended
    }
    core.opening.withLock { _ = $0.insert(path) }
    let pipe = LogPipe(log: self, source: LogSource(run: run, stream: stream), descriptor: descriptor, isNamed: true)
    guard core.post([.attach(pipe)]) else {
      Glibc.close(descriptor)
      core.opening.withLock { _ = $0.remove(path) }
      return .missing
    }
    return .resumed
  }
}
