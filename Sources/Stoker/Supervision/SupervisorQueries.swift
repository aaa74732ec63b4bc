// The questions and requests that the HTTP side has for the supervision: all that it knows of it.

import Journal
import Orchestration

/// The supervision as API, metrics and event stream see it.
protocol SupervisorQueries: AnyObject, Sendable {
  /// The configuration that it was made from.
  var configuration: SupervisorConfiguration { get }
  var startedAt: Timestamp { get }
  var clock: SupervisorClock { get }
  /// Whether the takeover from an earlier Stoker is published: before that, no answer is true and no command lasts.
  var isBooted: Bool { get }
  /// Waits for the end of the takeover, unless it takes its time because processes of an earlier Stoker are being ended. Returns whether
  /// it is over.
  func waitForBoot() async -> Bool

  /// The published state. Never waits.
  func read() -> Published
  /// The published state, and the moment up to which it is complete. Never waits.
  func readWithTime() -> (Published, Instant)
  /// The events for subscribers.
  var events: EventLog { get }
  /// The history of runs; nil without a state directory.
  var journal: Journal? { get }
  /// The watch over the state directory; nil without one.
  var watch: StateDirectoryWatch? { get }
  /// Why the record of live processes is not written; nil while it is.
  var recordProblem: String? { get }
  /// The logs whose disk does not answer.
  var hangingLogs: [String] { get }
  /// The histograms that the supervision fills.
  var instruments: Instruments { get }
  /// The memory limit of a service, if it is in force.
  func memoryLimit(of service: Service) -> UInt64?

  func perform(_ command: ServiceCommand, goal: Goal, limit: Duration, by origin: Origin) async -> CommandReply
  /// Reloads a service, and waits for the end of that.
  func reload(service: String, by origin: Origin) async -> ServiceReloadReply
  func signal(_ service: String, _ signal: Int32, _ scope: StopPolicy.Scope, by origin: Origin) async -> SignalReply
  /// Gives a command to all services at once.
  func perform(_ command: CommandToServices, by origin: Origin) async -> CommandToServices.Answer
  /// Waits for the goal of one of its services.
  func wait(_ order: CommandToServices.Order, goal: Goal, limit: Duration) async -> CommandReply
  /// Begins the full stop.
  func stopEverything(by origin: Origin)
  /// Waits until the wishes of all commands up to now are on the disk. Returns false if there is no journal, or its disk does not take
  /// them soon.
  func remember() async -> Bool
  func checkAllNow() async -> [CheckNowResult]
  func reload(dryRun: Bool, by origin: Origin) async -> ReloadResult
  /// Whether the service file is another one on the disk than when it was read. False where there is none to read again, and where the disk
  /// does not answer soon.
  func fileHasChanged() async -> Bool
  func register(_ registration: Registration, by origin: Origin) async -> Result<RegistryEntry, RegistryRefusal>
  func beat(_ name: String, status: RegistryEntry.Status?, details: String?) async -> Result<RegistryEntry, RegistryRefusal>
  func deregister(_ name: String, by origin: Origin) async -> Result<RegistryEntry, RegistryRefusal>
}

extension SupervisorQueries {
  /// Stoker's own troubles, the worst first.
  func troubles(_ published: Published) -> [Trouble] {
    let journal = journal?.status
    let writing: [Trouble?] = [
      watch?.problem.map { .stateDirectoryLost($0) },
      journal?.isUsable == false ? journal?.problem.map { .journalUnusable($0) } : nil,
      recordProblem.map { .recordUnwritten($0) },
    ]
    return writing.compactMap(\.self) + published.troubles + hangingLogs.map { .logHangs(path: $0) }
  }
}
