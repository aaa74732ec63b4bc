// One spawn: from Swift's strings to the C function, and from its answer to a descriptor or an error.

import CLinux
import Glibc
import Linux
import Orchestration

/// Starts programs, one at a time; each thread that spawns has its own.
struct Spawner: ~Copyable {
  /// What a child runs on between clone and exec. Not growing on demand: the guard page below it catches what should never happen.
  private let stack: UnsafeMutableRawPointer
  private static let stackSize = 128 * 1024
  private static let guardSize = 16 * 1024
  /// The descriptors through which children get their outputs, and `/dev/null`. Opened with the table, when few numbers are taken:
  /// a spawn costs what stands below them, not what is open later.
  private let slots: UnsafeMutablePointer<clinux_slots>
  let proc: ProcReader

  /// A process that was started. Its descriptor belongs to who gets this.
  struct Started {
    var identity: ProcessIdentity
    var pidfd: Int32
  }

  /// What was opened and looked up for a spawn. The descriptors stay the caller's.
  struct Means {
    var account = Account.own
    /// What the output goes to; nil: `SpawnRequest.output` says it.
    var ends: OutputEnds?
    /// What becomes descriptor 3.
    var notification: Int32 = -1
    /// The folder of the cgroup.
    var group: Int32 = -1
    /// Where it sends its messages.
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
  func spawn(_ request: SpawnRequest, with means: Means, mark: String, key: RunKey) throws(SpawnError) -> Started {
    guard let program = request.arguments.first else {
      throw SpawnError(step: .prepare, errno: EINVAL, hint: "there is no program to run")
    }
    let environment = Self.environment(of: request, means, RunMark.assignment(mark: mark, key: key))
    for text in request.arguments + environment + [request.directory] where text.utf8.contains(0) {
      throw SpawnError(step: .prepare, errno: EINVAL, hint: "an argument, a variable or the directory contains a NUL byte")
    }
    let paths = try ProgramLookup.paths(
      of: program, environment: environment, directory: request.directory, isForeign: means.account.isForeign)
    let outputs = try outputs(of: request.output, means.ends)
    if let user = means.account.user { hand([outputs.stdout, outputs.stderr], to: user) }
    let result = try run(request, means, paths: paths, environment: environment, outputs: outputs)
    // Its entry stays until we reap it, so this finds it even if it has ended; only if there is no descriptor left to look with is it 0,
    // which no record can match.
    let startTime = proc.status(of: result.pid)?.startTime ?? 0
    return Started(identity: ProcessIdentity(pid: result.pid, startTime: startTime), pidfd: result.pidfd)
  }

  private func run(
    _ request: SpawnRequest, _ means: Means, paths: [String], environment: [String], outputs: (stdout: Int32, stderr: Int32)
  ) throws(SpawnError) -> clinux_spawn_result {
    let programs = CStrings(paths)
    let arguments = CStrings(request.arguments)
    let variables = CStrings(environment)
    var order = clinux_spawn_request()
    order.paths = UnsafePointer(programs.pointers)
    order.arguments = UnsafePointer(arguments.pointers)
    order.environment = UnsafePointer(variables.pointers)
    (order.standard_output, order.standard_error) = outputs
    order.notification = means.notification
    order.cgroup = means.group
    order.apply(request.setup)
    var result = clinux_spawn_result()
    let outcome = request.directory.withCString { directory in
      order.directory = directory
      return (means.account.groups ?? []).withUnsafeBufferPointer { groups in
        order.apply(means.account, groups)
        return clinux_spawn(&order, slots, stack + Self.guardSize, Self.stackSize - Self.guardSize, &result)
      }
    }
    guard outcome == 0 else {
      throw SpawnError(SpawnStep(result.step), errno: result.error, request: request, path: paths[Int(result.path)])
    }
    return result
  }

  private static func environment(of request: SpawnRequest, _ means: Means, _ mark: String) -> [String] {
    var names = [RunMark.variable]
    var added = [mark]
    if let socket = means.socket {
      names += NotifySocket.variables
      added.append("\(NotifySocket.variable)=\(socket)")
      if let watchdog = request.watchdog { added.append("\(NotifySocket.watchdogVariable)=\(watchdog.microseconds)") }
    }
    let replaced = names.map { "\($0)=" }
    let kept = request.environment.filter { variable in !replaced.contains { variable.hasPrefix($0) } }
    added += means.account.variables.filter { variable in
      let name = variable.prefix { $0 != "=" } + "="
      return !kept.contains { $0.hasPrefix(name) }
    }
    return kept + added
  }

  /// Pipes are given to another user, who could not open them again by the names /dev/stdout and /dev/stderr otherwise.
  private func hand(_ descriptors: [Int32], to user: uid_t) {
    for descriptor in descriptors {
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO { fchown(descriptor, user, .max) }
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

extension clinux_spawn_request {
  fileprivate mutating func set(_ what: clinux_spawn_setup) { setup |= what.rawValue }

  fileprivate mutating func apply(_ wanted: ProcessSetup) {
    if let limit = wanted.descriptorLimit {
      set(CLINUX_SETS_DESCRIPTOR_LIMIT)
      descriptors_soft = limit.soft
      descriptors_hard = limit.hard
    }
    if let limit = wanted.coreLimit {
      set(CLINUX_SETS_CORE_LIMIT)
      core = limit
    }
    if let nice = wanted.nice {
      set(CLINUX_SETS_NICE)
      self.nice = Int32(clamping: nice)
    }
    if let adjustment = wanted.oomScoreAdjustment {
      set(CLINUX_SETS_OOM_SCORE)
      oom_score_adjustment = Int32(clamping: max(-1000, min(1000, adjustment)))
    }
    if let umask = wanted.umask {
      set(CLINUX_SETS_UMASK)
      self.umask = mode_t(umask)
    }
    if wanted.noNewPrivileges { set(CLINUX_SETS_NO_NEW_PRIVILEGES) }
  }

  /// - Parameter numbers: the account's groups, which must stay there until the spawn is over.
  fileprivate mutating func apply(_ account: Account, _ numbers: UnsafeBufferPointer<gid_t>) {
    if account.groups != nil {
      set(CLINUX_SETS_GROUPS)
      groups = numbers.baseAddress
      group_count = numbers.count
    }
    if let group = account.group {
      set(CLINUX_SETS_GROUP)
      self.group = group
    }
    if let user = account.user {
      set(CLINUX_SETS_USER)
      self.user = user
    }
  }
}

extension Duration {
  /// In microseconds; what is longer than 292 years is as long as that.
  var microseconds: Int64 { wholeNanoseconds / 1000 }
}
