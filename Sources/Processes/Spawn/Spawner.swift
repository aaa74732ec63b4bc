// One spawn: from Swift's strings to the C function, and from its result to a descriptor or an error.

import CLinux
import Glibc
import Linux
import Orchestration

/// Starts programs, one at a time; each spawner thread has its own.
struct Spawner: ~Copyable {
  /// The stack of a child between clone and exec. It does not grow on demand: the guard page below it catches
  /// an overflow.
  private let stack: UnsafeMutableRawPointer
  private static let stackSize = 128 * 1024
  private static let guardSize = 16 * 1024
  /// The descriptors through which children get their input and outputs, and `/dev/null`. Opened with the table, when
  /// few numbers are taken: the cost of a spawn depends on the numbers below them, not on the descriptors
  /// that are open later.
  private let slots: UnsafeMutablePointer<clinux_slots>
  let proc: ProcReader
  /// The spawn that is under way.
  let child: SpawnChild

  /// A started process. Its descriptor belongs to the receiver of this value.
  struct Started {
    var identity: ProcessIdentity
    var pidfd: Int32
  }

  /// Everything that was opened and looked up for a spawn. The descriptors stay the caller's.
  struct Resources {
    var account = Account.own
    /// The output's descriptors; nil: those of `SpawnRequest.output`.
    var ends: OutputEnds?
    /// The source of descriptor 3.
    var notification: Int32 = -1
    /// The folder of the cgroup.
    var group: Int32 = -1
    /// The address for its notifications.
    var socket: String?
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
    child = SpawnChild()
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
    child.result.deallocate()
  }

  /// Starts a program. Blocks until the program runs, or has failed to start.
  /// - Parameter mark: The variable of its run.
  func spawn(_ request: SpawnRequest, with resources: Resources, mark: String) throws(SpawnError) -> Started {
    let program = try PreparedProgram(
      request, environment: Self.environment(of: request, resources, mark), isForeign: resources.account.isForeign)
    let outputs = try outputs(of: request.output, resources.ends)
    if let user = resources.account.user, resources.ends?.isPassed == true { pass([outputs.stdout, outputs.stderr], to: user) }
    let input = try input(of: request, outputs)
    defer { if input.isOwned { close(input.descriptor) } }
    if let user = resources.account.user, input.isOwned { pass([input.descriptor], to: user) }
    try run(program, of: request, resources, input: input.descriptor, outputs: outputs)
    let result = child.result.pointee
    // The process keeps its entry until we reap it, so the lookup succeeds even if it has ended. Only without
    // a free descriptor is the result 0, which no record can match.
    let startTime = proc.status(of: result.pid)?.startTime ?? 0
    return Started(identity: ProcessIdentity(pid: result.pid, startTime: startTime), pidfd: result.pidfd)
  }

  private func run(
    _ program: borrowing PreparedProgram, of request: SpawnRequest, _ resources: Resources, input: Int32,
    outputs: (stdout: Int32, stderr: Int32)
  ) throws(SpawnError) {
    var native = clinux_spawn_request()
    program.apply(to: &native)
    native.standard_input = input
    (native.standard_output, native.standard_error) = outputs
    native.notification = resources.notification
    native.cgroup = resources.group
    native.apply(request.setup)
    let file = resources.ends?.file.flatMap { strdup($0.name) }
    defer { free(file) }
    native.output_file = UnsafePointer(file)
    let code = request.directory.withCString { directory in
      native.directory = directory
      return (resources.account.groups ?? []).withUnsafeBufferPointer { groups in
        native.apply(resources.account, groups)
        return clinux_spawn(&native, slots, stack + Self.guardSize, Self.stackSize - Self.guardSize, child.result)
      }
    }
    guard code == 0 else {
      let result = child.result.pointee
      throw SpawnError(
        SpawnStep(result.step), errno: result.error, request: request,
        path: String(decoding: program.paths[Int(result.path)], as: UTF8.self),
        log: resources.ends?.file?.path, rights: resources.account.rights)
    }
  }

  private static func environment(of request: SpawnRequest, _ resources: Resources, _ mark: String) -> [EnvironmentVariable] {
    var names = [RunMarks.variable]
    var added = [EnvironmentVariable(mark)]
    if let socket = resources.socket {
      names += NotifySocket.variables
      added.append("\(NotifySocket.variable)=\(socket)")
      if let watchdog = request.watchdog { added.append("\(NotifySocket.watchdogVariable)=\(watchdog.microseconds)") }
    }
    return resources.account.environment(request.environment, without: names, adding: added)
  }

  /// Passes pipes and terminals to the other user, who otherwise could not open them again by the names
  /// /dev/stdout and /dev/stderr.
  private func pass(_ descriptors: [Int32], to user: uid_t) {
    for descriptor in descriptors {
      var status = stat()
      let isOfRun = fstat(descriptor, &status) == 0 && [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT)
      if isOfRun { fchown(descriptor, user, .max) }
    }
  }

  /// The descriptor that becomes standard input, and whether it is to be closed.
  private func input(
    of request: SpawnRequest, _ outputs: (stdout: Int32, stderr: Int32)
  ) throws(SpawnError) -> (descriptor: Int32, isOwned: Bool) {
    switch request.input {
    case .empty: return (slots.pointee.null, false)
    case .terminal: return (outputs.stdout, false)
    case .kept:
      let descriptor = clinux_silent_pipe()
      guard descriptor >= 0 else { throw SpawnError(step: .descriptors, errno: errno, hint: "there is no pipe for its input") }
      return (descriptor, true)
    }
  }

  private func outputs(of output: SpawnOutput, _ ends: OutputEnds?) throws(SpawnError) -> (stdout: Int32, stderr: Int32) {
    if case .descriptors(let stdout, let stderr) = output { return (stdout, stderr) }
    guard let ends else { return (slots.pointee.null, slots.pointee.null) }
    guard let descriptors = ends.descriptors else {
      throw SpawnError(step: .descriptors, errno: EBADF, hint: "the output was closed before the spawn")
    }
    return descriptors
  }
}

extension Duration {
  /// The time in microseconds, at most 292 years.
  var microseconds: Int64 { wholeNanoseconds / 1000 }
}
