// The reload of the service file.

import HTTPServer
import Orchestration
import ServiceFile

/// The reload of the service file.
struct ReloadRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    ["\(base)/reload", "/-/reload"].map { path in
      route("POST", path, access: .control, command: "stoker reload", options: ["dry_run": "--dry-run"]) { request, _ in
        await reload(request)
      }
    }
  }

  /// `POST /reload`, `POST /-/reload`
  func reload(_ request: Request) async -> Response {
    let dryRun: Bool
    do {
      _ = try request.flags([])
      dryRun = try request.isOn(query: "dry_run", words: "true or false")
    } catch {
      return .fault(error)
    }
    switch await supervisor.reload(dryRun: dryRun, by: await request.origin) {
    case .planned(let diff, let warnings): return .json(plan(diff, warnings, dryRun: dryRun))
    case .refused(let reason): return .fault(HTTPFault(status: 409, code: "reload_refused", message: reason))
    case .wrong(let problems):
      let count = problems.count == 1 ? "one error" : "\(problems.count) errors"
      return .json(
        [
          "success": false, "error": "bad_service_file",
          "message": .string("The service file has \(count), so nothing was changed: \(problems.joined(separator: "; "))"),
          "problems": JSON(problems),
        ], status: 400)
    }
  }

  private func plan(_ diff: ServiceFileDiff, _ warnings: [String], dryRun: Bool) -> JSON {
    func names(_ word: String) -> JSON { JSON(diff.services.filter { $0.action.word == word }.map(\.name)) }
    let changed = diff.services.filter { $0.action != .unchanged }
    let sentence =
      diff.isEmpty ? "Nothing has changed" : dryRun ? "Nothing was done: this is what a reload would do" : "The service file is in place"
    let aside = warnings.isEmpty ? "" : ", with \(warnings.count == 1 ? "a warning" : "\(warnings.count) warnings")"
    return [
      "success": true,
      "dry_run": .bool(dryRun),
      "added": names("added"),
      "removed": names("removed"),
      "restarted": names("restarted"),
      "started": names("started"),
      "stopped": names("stopped"),
      "updated": names("updated"),
      "unchanged": names("unchanged"),
      "changes": .array(
        changed.map {
          [
            "service": .string($0.name), "action": .string($0.action.word), "reasons": JSON($0.action.reasons),
            "sentence": .string($0.sentence),
          ]
        }),
      "needs_new_start": JSON(diff.supervisor.filter { !$0.isLive }.map(\.key)),
      "warnings": JSON(warnings),
      "message": .string(sentence + aside),
    ]
  }
}

extension ServiceChange.Action {
  /// The word in the answer.
  fileprivate var word: String {
    switch self {
    case .added: "added"
    case .removed: "removed"
    case .restarted: "restarted"
    case .started: "started"
    case .stopped: "stopped"
    case .updated, .deferred: "updated"
    case .unchanged: "unchanged"
    }
  }
}
