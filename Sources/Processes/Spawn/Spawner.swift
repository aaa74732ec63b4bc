// One spawn: from Swift's strings to the C function, and from its answer to a descriptor or an error.

import CLinux
import Glibc

/// Starts programs, one at a time; each thread that spawns has its own.
struct Spawner: ~Copyable {
  /// What a child runs on between clone and exec. Not growing on demand: the guard page below it catches what should never happen.
  private let stack: UnsafeMutableRawPointer
  private static let stackSize = 128 * 1024
  private static let guardSize = 16 * 1024
  /// The descriptors through which children get their outputs, and `/dev/null`. Opened with the table, when few numbers are taken:
  /// a spawn costs what stands below them, not what is open later.
  private let slots: UnsafeMutablePointer<clinux_slots>
  private let proc: ProcReader

  /// A process that was started. Its descriptor belongs to who gets this.
  struct Started {
    var identity: ProcessIdentity
    var pidfd: Int32
  }

  init() throws(SystemError) {
    let proc = try ProcReader()
    var opened = clinux_slots()
    try system { clinux_slots_open(&opened) }
    guard let memory = Self.makeStack() else {
      let error = SystemError.last
      clinux_slots_close(&opened)
      throw error
    }
    slots = .allocate(capacity: 1)
    slots.initialize(to: opened)
    stack = memory
    self.proc = proc
  }

  private static func makeStack() -> UnsafeMutableRawPointer? {
    // MAP_FAILED is (void *)-1.
    let memory = mmap(nil, stackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else { return nil }
    mprotect(memory, guardSize, PROT_NONE)
    return memory
  }

  deinit {
    munmap(stack, Self.stackSize)
    clinux_slots_close(slots)
    slots.deallocate()
  }

  /// Starts what is asked for. Blocks until the program runs, or has failed to.
  func spawn(_ request: SpawnRequest, mark: String, key: RunKey) throws(SpawnError) -> Started {
    guard let program = request.arguments.first else {
      throw SpawnError(step: .prepare, errno: EINVAL, hint: "there is no program to run")
    }
    let kept = request.environment.filter { !$0.hasPrefix("\(RunMark.variable)=") }
    let environment = kept + [RunMark.assignment(mark: mark, key: key)]
    for text in request.arguments + environment + [request.directory] where text.utf8.contains(0) {
      throw SpawnError(step: .prepare, errno: EINVAL, hint: "an argument, a variable or the directory contains a NUL byte")
    }
    let path = try ProgramLookup.path(of: program, environment: environment, directory: request.directory)
    let outputs = try outputs(of: request.output)
    let arguments = CStrings(request.arguments)
    let variables = CStrings(environment)

    var result = clinux_spawn_result()
    let outcome = path.withCString { path in
      request.directory.withCString { directory in
        var order = clinux_spawn_request(
          path: path, arguments: arguments.pointers, environment: variables.pointers, directory: directory,
          standard_output: outputs.stdout, standard_error: outputs.stderr, limits_descriptors: request.descriptorLimit == nil ? 0 : 1,
          descriptors_soft: request.descriptorLimit?.soft ?? 0, descriptors_hard: request.descriptorLimit?.hard ?? 0)
        return clinux_spawn(&order, slots, stack + Self.guardSize, Self.stackSize - Self.guardSize, &result)
      }
    }
    guard outcome == 0 else {
      throw Self.error(step: SpawnStep(result.step), errno: result.error, path: path, directory: request.directory)
    }
    // Its entry stays until we reap it, so this finds it even if it has ended; only if there is no descriptor left to look with is it 0,
    // which no record can match.
    let startTime = proc.status(of: result.pid)?.startTime ?? 0
    return Started(identity: ProcessIdentity(pid: result.pid, startTime: startTime), pidfd: result.pidfd)
  }

  private func outputs(of output: SpawnOutput) throws(SpawnError) -> (stdout: Int32, stderr: Int32) {
    switch output {
    case .null: return (slots.pointee.null, slots.pointee.null)
    case .descriptors(let stdout, let stderr): return (stdout, stderr)
    case .owned(let ends):
      guard let descriptors = ends.descriptors else {
        throw SpawnError(step: .descriptors, errno: EBADF, hint: "the output was closed before the spawn")
      }
      return descriptors
    }
  }

  private static func error(step: SpawnStep, errno: Int32, path: String, directory: String) -> SpawnError {
    switch step {
    case .directory:
      return SpawnError(step: step, errno: errno, subject: directory)
    case .execute:
      let seen = path.hasPrefix("/") ? path : "\(directory)/\(path)"
      let hint =
        switch errno {
        case ENOENT where access(seen, F_OK) == 0: "the file is there, but the interpreter it names (#! line or loader) is not"
        case ENOEXEC: "it is neither a program for this machine nor a script with a #! line"
        case E2BIG: "arguments and environment together are too long"
        default: ""
        }
      return SpawnError(step: step, errno: errno, subject: path, hint: hint)
    case .descriptors where errno == ENOSYS || errno == EPERM:
      // EPERM is what a seccomp filter says that does not know the call.
      return SpawnError(step: step, errno: errno, hint: "close_range() is needed: Linux 5.11 or later, and no filter that refuses it")
    case .prepare, .lookup, .process, .session, .descriptors, .limit:
      return SpawnError(step: step, errno: errno)
    }
  }
}
