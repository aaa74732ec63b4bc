// The processes that outlive a main process that nobody asked to end.

/// The processes that a main process left running when it ended by itself. Stoker ends them, as they have no main process any more.
package struct Remains: Hashable, Sendable {
  /// Their number, at least 1.
  package var count: Int
  /// The name of the program in the oldest of them; nil if it is not known.
  package var name: String?
  /// Whether the program seems to have gone into the background, as a daemon does that forks: it exited with code 0, though it was to be
  /// kept running.
  package var isBackground: Bool

  /// Remains of a run.
  package init(count: Int, name: String? = nil, isBackground: Bool) {
    self.count = count
    self.name = name
    self.isBackground = isBackground
  }

  /// The remains of a run that nobody asked to end; nil if there are none, or if the kernel ends them too: what it kills for lack of memory,
  /// it kills one by one.
  init?(_ others: Int, named name: String? = nil, after exit: Exit, of kind: ServiceSpec.Kind) {
    guard others > 0, exit != .outOfMemory else { return nil }
    self.init(count: others, name: name, isBackground: kind == .process && exit == .code(0))
  }

  /// The remains in a clause, after the words for the exit.
  package var text: String {
    let left = count == 1 ? "1 process" : "\(count) processes"
    let first = name.map { " (\(count == 1 ? "" : "the first is ")\($0))" } ?? ""
    return (isBackground ? " instead of staying in the foreground," : "") + " and left \(left) running\(first), which Stoker ends"
  }

  /// The remedy for a program in the background, in a clause.
  package var remedy: String {
    let option =
      if let name, let known = ForegroundOption.all.first(where: { $0.isOf(name) }) {
        "\(known.program) stays in the foreground as `\(known.command)`"
      } else {
        "many programs have an option that keeps them in the foreground, such as -F, --nodaemon or 'daemon off;'"
      }
    return "\(option); one that cannot is 'kind: forking' with its 'pid_file'"
  }
}
