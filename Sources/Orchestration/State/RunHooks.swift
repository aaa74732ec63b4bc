// The hooks of one run, one at a time.

/// The hooks of one run. The next one begins when the one before has ended, also where that is being killed: a post-start hook never acts
/// after the post-stop hook of its run.
struct RunHooks: Sendable {
  /// The hook that runs, or that begins when the one before has ended.
  private(set) var current: Hook?
  /// A hook whose answer does not count any more, and that has not ended.
  private var ending: Hook?
  /// Whether the current hook has not begun.
  private var isHeld = false
  /// Whether the current hook is not to begin any more.
  private var isCancelled = false

  /// A step that a change asks for.
  enum Step {
    case begin(Hook), cancel(Hook)
  }

  /// The meaning of an answer.
  enum Answer {
    /// It counts for nothing.
    case late
    /// The hook that was held begins now.
    case begins(Hook)
    /// It is that of the current hook, which has ended.
    case current
    /// The hook that was held is cancelled, and never began.
    case cancelled(Hook)
  }

  /// Runs a hook, in place of the current one.
  mutating func run(_ hook: Hook) -> [Step] {
    let steps = drop()
    current = hook
    isHeld = ending != nil
    isCancelled = false
    return isHeld ? steps : steps + [.begin(hook)]
  }

  /// Kills the current hook, and still waits for its answer.
  mutating func cancel() -> [Step] {
    guard let current else { return [] }
    isCancelled = true
    return isHeld ? [] : [.cancel(current)]
  }

  /// Lets the current hook not begin any more, if it has not.
  mutating func skipHeld() {
    if isHeld { isCancelled = true }
  }

  /// Kills the current hook, and ignores its answer.
  mutating func drop() -> [Step] {
    guard let current else { return [] }
    self.current = nil
    if isHeld { return [] }
    ending = current
    return [.cancel(current)]
  }

  /// Takes the answer of a hook: it has ended.
  mutating func ended(_ hook: Hook) -> Answer {
    if hook == ending {
      ending = nil
      guard isHeld, let next = current else { return .late }
      isHeld = false
      if !isCancelled { return .begins(next) }
      current = nil
      return .cancelled(next)
    }
    guard hook == current, !isHeld else { return .late }
    current = nil
    return .current
  }
}
