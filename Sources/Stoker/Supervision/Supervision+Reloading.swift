// The reading of the service file for a reload.

import Logging
import NIOPosix
import Orchestration
import ServiceFile
import Synchronization

extension Supervision {
  /// Reads the service file again and applies it, unless `dryRun`.
  func reload(dryRun: Bool, by origin: Origin) async -> ReloadResult {
    guard let read = configuration.read else {
      logger.warning("nothing is reloaded: Stoker was not started from a service file (\(origin.text))")
      return .refused("Stoker was not started from a service file")
    }
    await waitForTakeover()
    while true {
      let ticket = reloadTickets.add(1, ordering: .relaxed).newValue
      let result: Result<Reading, any Error>
      do {
        let policy = FilePolicy(trustsFiles: configuration.trustsFiles)
        // The files may be on a disk that hangs.
        let reading = try await NIOThreadPool.singleton.runIfActive {
          let file = try read()
          return Reading(file: file, environments: EnvironmentState.all(of: file, under: policy))
        }
        result = .success(reading)
      } catch {
        result = .failure(error)
      }
      // If a later reader was faster, this file may be older than the one in place: it is read again.
      if let reply = await apply(result, ticket, dryRun: dryRun, by: origin) { return reply }
    }
  }

  func fileHasChanged() async -> Bool {
    guard configuration.read != nil, let inputs = read().file.inputs, inputs.isComparable else { return false }
    return await withCheckedContinuation { reply in
      let answer = FirstAnswer(reply)
      Task {
        answer.give((try? await NIOThreadPool.singleton.runIfActive { inputs.haveChanged() }) ?? false)
      }
      Task {
        try? await Task.sleep(for: Self.diskPatience, clock: SuspendingClock())
        answer.give(false)
      }
    }
  }

  /// The longest that an answer waits for the disk of the service file.
  private static let diskPatience = Duration.milliseconds(500)

  /// A service file, and the environment files that it names.
  private struct Reading {
    var file: ServiceFile
    var environments: [EnvironmentState]
  }

  /// Nil if a file that was read later is in place already.
  private func apply(
    _ result: Result<Reading, any Error>, _ ticket: UInt64, dryRun: Bool, by origin: Origin
  ) async -> ReloadResult? {
    await ask { loop -> ReloadResult? in
      guard dryRun || ticket > loop.reloads.ticket else { return nil }
      let reply: ReloadResult
      switch result {
      case .success(let reading): reply = loop.reload(reading.file, reading.environments, dryRun: dryRun, by: origin)
      case .failure(let error as ServiceFileError): reply = .wrong(error.diagnostics.map(\.description))
      case .failure(let error): reply = .wrong(["\(error)"])
      }
      guard !dryRun else { return reply }
      loop.reloads.ticket = ticket
      if case .wrong(let problems) = reply { loop.reloadFailed(problems, by: origin) }
      return reply
    }
  }
}

/// The first of several answers.
private final class FirstAnswer: Sendable {
  private let reply: Mutex<CheckedContinuation<Bool, Never>?>

  init(_ reply: CheckedContinuation<Bool, Never>) {
    self.reply = Mutex(reply)
  }

  func give(_ answer: Bool) { reply.withLock { $0.take() }?.resume(returning: answer) }
}
