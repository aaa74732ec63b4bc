// All timers in order of time: a heap whose outdated entries are dropped when they reach the top.

/// The timers of all services. Each subject has at most one timer of a kind; arming it again replaces the earlier one.
struct TimerQueue: Sendable {
  /// The purpose of a timer.
  enum Kind: Int, CaseIterable, Sendable {
    /// The end of the current state by time: back-off, a stop's deadlines, the wait for optional dependencies.
    case life
    /// The next check.
    case check
    /// The end of the watchdog's time.
    case watchdog
    /// The end of the time that a run may live.
    case lifetime
    /// The reset of the attempts to 0.
    case reset
    /// The registry entry of a configured service expires.
    case expiry
    /// A self-registered entry expires or is dropped; the subject is its slot.
    case registration
    /// The end of a stage of a reload.
    case reload
  }

  /// A timer that came due.
  struct Due: Sendable {
    var kind: Kind
    var subject: Int
  }

  private struct Entry: Sendable {
    var due: Instant
    var ticket: UInt64
    var kind: Kind
    var subject: Int

    func isBefore(_ other: Entry) -> Bool {
      (due, ticket) < (other.due, other.ticket)
    }
  }

  private var heap: [Entry] = []
  /// The ticket of the armed timer per kind and subject, 0 for none: an entry with another ticket is outdated.
  private var tickets: [[UInt64]]
  private var lastTicket: UInt64 = 0
  private var armed = 0

  /// No timers yet; room for `subjects`.
  init(subjects: Int) {
    tickets = Array(repeating: Array(repeating: 0, count: subjects), count: Kind.allCases.count)
  }

  /// The moment of the first timer.
  var next: Instant? {
    heap.first?.due
  }

  /// Whether this timer is armed.
  func isArmed(_ kind: Kind, _ subject: Int) -> Bool {
    subject < tickets[kind.rawValue].count && tickets[kind.rawValue][subject] != 0
  }

  /// Arms a timer; ties come due in the order of arming.
  mutating func arm(_ kind: Kind, _ subject: Int, at due: Instant) {
    while tickets[kind.rawValue].count <= subject { tickets[kind.rawValue].append(0) }
    if tickets[kind.rawValue][subject] == 0 { armed += 1 }
    lastTicket += 1
    tickets[kind.rawValue][subject] = lastTicket
    push(Entry(due: due, ticket: lastTicket, kind: kind, subject: subject))
    if heap.count > 64, heap.count > 4 * armed { compact() }
    dropOutdated()
  }

  /// Disarms a timer, if it is armed.
  mutating func disarm(_ kind: Kind, _ subject: Int) {
    guard isArmed(kind, subject) else { return }
    tickets[kind.rawValue][subject] = 0
    armed -= 1
    dropOutdated()
  }

  /// Gives subjects their new places, and disarms the timers of removed ones. Registrations keep their slots.
  mutating func renumber(_ count: Int, _ place: (Kind, Int) -> Int?) {
    compact()
    let valid = heap.sorted { $0.isBefore($1) }
    self = TimerQueue(subjects: count)
    for var entry in valid {
      if entry.kind != .registration {
        guard let subject = place(entry.kind, entry.subject) else { continue }
        entry.subject = subject
      }
      arm(entry.kind, entry.subject, at: entry.due)
    }
  }

  /// Takes the first timer that is due at `now`.
  mutating func takeDue(at now: Instant) -> Due? {
    guard let first = heap.first, first.due <= now else { return nil }
    _ = pop()
    tickets[first.kind.rawValue][first.subject] = 0
    armed -= 1
    dropOutdated()
    return Due(kind: first.kind, subject: first.subject)
  }

  /// Drops outdated entries at the top, so that `next` can be read without a change.
  private mutating func dropOutdated() {
    while let first = heap.first, tickets[first.kind.rawValue][first.subject] != first.ticket { _ = pop() }
  }

  private mutating func compact() {
    let valid = heap.filter { tickets[$0.kind.rawValue][$0.subject] == $0.ticket }
    heap.removeAll(keepingCapacity: true)
    for entry in valid { push(entry) }
  }

  private mutating func push(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() -> Entry? {
    guard !heap.isEmpty else { return nil }
    heap.swapAt(0, heap.count - 1)
    let first = heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
      if least == parent { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
