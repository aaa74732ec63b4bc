// The file check.

import Glibc
import Linux
import NIOCore
import NIOPosix

extension Prober {
  /// Examines the file on a thread for blocking calls: a file system that hangs blocks that thread and not the deadline.
  func check(_ probe: FileProbe, until deadline: ProbeDeadline) async throws(ProbeFailure) -> Finding {
    let loop = dialer.group.next()
    let promise = loop.makePromise(of: Finding.self)
    deadline.whenPassed(on: loop, before: promise.futureResult) {
      promise.fail(ProbeFailure.fileSystemHangs(path: probe.path, within: deadline.timeout))
    }
    NIOThreadPool.singleton.submit { _ in
      // This check waited behind hanging ones until its deadline had passed: its result is not needed any more.
      guard deadline.last > .now() else { return }
      promise.completeWith(Result { try probe.finding() })
    }
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(ProbeFailure.cancelled)
      }
    } catch let failure as ProbeFailure {
      throw failure
    } catch {
      // `finding()` throws nothing else; a loop that is shutting down drops the timer and its promise.
      throw .cancelled
    }
  }
}

extension FileProbe {
  fileprivate func finding() throws(ProbeFailure) -> Finding {
    var status = stat()
    guard stat(path, &status) == 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .missingFile(path: path)
      case let code: throw .unreadableFile(path: path, errno: code)
      }
    }
    guard let maxAge else { return .passed("file \(path) is there") }
    let age = age(of: status)
    guard age <= maxAge else { throw .oldFile(path: path, age: age, allowed: maxAge) }
    return .passed("file \(path) was modified \(age.text) ago")
  }
}
