// Hints for the author of a service file at a failed step of a spawn.

import CLinux
import Glibc
import Linux

extension SpawnError {
  /// The step that failed in the child, with its subject and a hint.
  init(_ step: SpawnStep, errno: Int32, request: SpawnRequest, path: String, log: String?, rights: FileRights?) {
    let setup = request.setup
    let user = setup.user.map { "the user '\($0)'" }
    switch step {
    case .output:
      let hint = errno == EACCES ? user.map { "\($0) may not write it" } : nil
      self.init(step: step, errno: errno, subject: log ?? "", hint: hint ?? "")
    case .directory:
      let search = ExecutionFault(directory: "/", rights: rights, user: user ?? "Stoker's user")
      let hint = errno == EACCES || errno == ENOENT || errno == ENOTDIR ? search.cause(ofFolder: request.directory) : nil
      self.init(step: step, errno: errno, subject: request.directory, hint: hint ?? "")
    case .execute:
      let search = ExecutionFault(directory: request.directory, rights: rights, user: user ?? "Stoker's user")
      self.init(step: step, errno: errno, subject: path, hint: Self.hint(errno, path: path, search))
    case .descriptors where errno == ENOSYS || errno == EPERM:
      // EPERM comes from a seccomp filter that does not know the call.
      self.init(step: step, errno: errno, hint: "close_range() is needed: Linux 5.11 or later, and no filter that refuses it")
    case .process where request.group != nil && [EBUSY, EOPNOTSUPP, EACCES, ENODEV, EBADF].contains(errno):
      self.init(step: .controlGroup, errno: errno, subject: request.group?.path ?? "", hint: "processes cannot be started in this cgroup")
    case .process where errno == EAGAIN:
      self.init(step: step, errno: errno, hint: "a limit of processes is reached: limits.tasks, RLIMIT_NPROC or the machine's")
    case .controlGroup:
      self.init(step: step, errno: errno, subject: request.group?.path ?? "")
    case .limit:
      let hint = errno == EPERM ? "only root may raise the hard limit" + Self.presentLimit : ""
      self.init(step: step, errno: errno, subject: setup.descriptorLimit.map { "\($0.soft)" } ?? "", hint: hint)
    case .coreLimit:
      let hint = errno == EPERM ? "only root may raise the hard limit" : ""
      self.init(step: step, errno: errno, subject: setup.coreLimit.map { "\($0)" } ?? "", hint: hint)
    case .nice:
      let hint = errno == EACCES || errno == EPERM ? "only root may make a process less nice than Stoker is" : ""
      self.init(step: step, errno: errno, subject: setup.nice.map { "\($0)" } ?? "", hint: hint)
    case .oomScore:
      let hint = errno == EACCES ? "only root may go below what Stoker itself has" : ""
      self.init(step: step, errno: errno, subject: setup.oomScoreAdjustment.map { "\($0)" } ?? "", hint: hint)
    case .group, .user:
      // The groups come with the user.
      let isUsers = step == .user || setup.group == nil
      let hint = errno == EPERM ? "only root may change the \(isUsers ? "user" : "group")" : ""
      self.init(step: isUsers ? .user : .group, errno: errno, subject: (isUsers ? setup.user : setup.group) ?? "", hint: hint)
    case .prepare, .lookup, .process, .session, .notification, .descriptors, .privileges:
      self.init(step: step, errno: errno)
    }
  }

  private static var presentLimit: String {
    (try? DescriptorLimit.current()).map { ", which is \($0.hard)" } ?? ""
  }

  private static func hint(_ errno: Int32, path: String, _ search: ExecutionFault) -> String {
    switch errno {
    case ENOENT, EACCES, ENOTDIR: return search.cause(of: path) ?? ""
    case ENOEXEC: return "it is neither a program for this machine nor a script with a #! line"
    case E2BIG: return "arguments and environment together are too long"
    case EAGAIN: return "the user has as many processes as its limit (RLIMIT_NPROC) allows"
    default: return ""
    }
  }
}
