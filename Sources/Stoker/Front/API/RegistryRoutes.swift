// The registry: entries, registrations and heartbeats.

import HTTPServer
import NIOHTTP1
import Orchestration
import ServiceFile

/// The registry.
struct RegistryRoutes: RouteGroup {
  let supervisor: any SupervisorQueries

  var routes: [Route] {
    [
      route("GET", "\(base)/registry") { _, _ in RegistryList(routes: self).answer() },
      route("GET", "\(base)/registry/{name}") { _, parameters in entry(parameters["name"] ?? "") },
      route("POST", "\(base)/registry/{name}", access: .control) { request, parameters in
        await register(parameters["name"] ?? "", request)
      },
      route("DELETE", "\(base)/registry/{name}", access: .control) { request, parameters in
        await deregister(parameters["name"] ?? "", request)
      },
      route("POST", "\(base)/registry/{name}/heartbeat", access: .control) { request, parameters in
        await beat(parameters["name"] ?? "", request)
      },
    ]
  }

  /// Types stand in every answer with statistics.
  private static let longestType = 256

  /// `GET /registry/{name}`
  func entry(_ name: String) -> Response {
    let published = supervisor.read()
    guard let entry = published.snapshot.registry[name] else { return .fault(.unregistered(name)) }
    return .json(["success": true, "name": .string(name), "entry": json(entry, named: name, in: published)])
  }

  /// `POST /registry/{name}`
  func register(_ name: String, _ request: Request) async -> Response {
    let payload: JSON
    let type: String
    let timeToLive: Duration?
    guard ServiceName.isValid(name) else { return .fault(.malformed("A name is \(ServiceName.expected); '\(name)' is not")) }
    do throws(HTTPFault) {
      payload = try request.object(allowing: ["type", "version", "endpoints", "dependencies", "metadata", "ttl"])
      type = try payload.text("type") ?? name
      guard type.utf8.count <= Self.longestType else { throw .malformed("'type' has at most \(Self.longestType) bytes") }
      _ = try payload.text("version")
      timeToLive = try payload.seconds("ttl")
      try payload.expect("endpoints", "an object of strings") { $0.members?.allSatisfy { $0.value.string != nil } ?? false }
      try payload.expect("dependencies", "an array of strings") { $0.array?.allSatisfy { $0.string != nil } ?? false }
      try payload.expect("metadata", "an object") { $0.members != nil }
    } catch {
      return .fault(error)
    }
    let text = String(decoding: payload.render(), as: UTF8.self)
    let registration = Registration(name: name, type: type, timeToLive: timeToLive, payload: text)
    switch await supervisor.register(registration, by: await request.origin) {
    case .success(let entry):
      return .json([
        "success": true, "name": .string(name), "entry": json(entry, named: name, in: supervisor.read()),
        "message": .string("'\(name)' is registered"),
      ])
    case .failure(let refusal): return .fault(fault(refusal, name))
    }
  }

  /// `POST /registry/{name}/heartbeat`
  func beat(_ name: String, _ request: Request) async -> Response {
    let status: RegistryEntry.Status?
    let details: String?
    do {
      let object = try request.object(allowing: ["status", "details"])
      try object.expect("details", "an object") { $0.members != nil }
      details = object["details"].map { String(decoding: $0.render(), as: UTF8.self) }
      status = try object.text("status").map { word throws(HTTPFault) in
        guard let status = RegistryEntry.Status(rawValue: word), RegistryEntry.Status.saidByBeats.contains(status) else {
          let known = RegistryEntry.Status.saidByBeats.map { "'\($0.rawValue)'" }.joined(separator: ", ")
          throw .malformed("'status' is one of \(known), not '\(word)'")
        }
        return status
      }
    } catch {
      return .fault(error)
    }
    switch await supervisor.beat(name, status: status, details: details) {
    case .success(let entry):
      var members = [
        JSON.Member("success", true), JSON.Member("name", .string(name)),
        JSON.Member("entry", json(entry, named: name, in: supervisor.read())),
      ]
      if details != nil, entry.details == nil {
        members.append(JSON.Member("message", "The registry is full: the beat counts, but its details are not kept"))
      }
      return .json(.object(members))
    case .failure(let refusal): return .fault(fault(refusal, name))
    }
  }

  /// `DELETE /registry/{name}`
  func deregister(_ name: String, _ request: Request) async -> Response {
    switch await supervisor.deregister(name, by: await request.origin) {
    case .success: return .json(["success": true, "name": .string(name), "message": .string("'\(name)' is deregistered")])
    case .failure(let refusal): return .fault(fault(refusal, name))
    }
  }

  private func fault(_ refusal: RegistryRefusal, _ name: String) -> HTTPFault {
    switch refusal {
    case .unknown: .unregistered(name)
    case .configuredService:
      HTTPFault(
        status: 409, code: "configured_service",
        message: "'\(name)' is a service of the service file: it cannot be taken over or deregistered")
    case .tooMany:
      HTTPFault(status: 429, code: "registry_full", message: "The registry is full: 10000 entries", headers: ["Retry-After": "60"])
    case .full(let limit):
      HTTPFault(
        status: 429, code: "registry_full",
        message: "The registry is full: all entries together may have \(limit) bytes, and this one does not fit",
        headers: ["Retry-After": "60"])
    case .tooLarge: HTTPFault(status: 413, code: "entry_too_large", message: "An entry of the registry has at most 16 KiB")
    }
  }
}

extension RegistryEntry.Status {
  /// The statuses that a heartbeat may have; only the registry sets the others.
  fileprivate static let saidByBeats: [RegistryEntry.Status] = [.healthy, .degraded, .unhealthy, .unknown]
}

extension HTTPFault {
  fileprivate static func unregistered(_ name: String) -> HTTPFault {
    HTTPFault(status: 404, code: "not_registered", message: "'\(name)' is not in the registry; register it first")
  }
}

extension JSON {
  fileprivate func text(_ name: String) throws(HTTPFault) -> String? {
    guard let value = self[name], value != .null else { return nil }
    guard let text = value.string else { throw .malformed("'\(name)' must be a string") }
    return text
  }

  /// Refuses a member that does not fit.
  fileprivate func expect(_ name: String, _ what: String, _ isFit: (JSON) -> Bool) throws(HTTPFault) {
    guard let value = self[name], value != .null, !isFit(value) else { return }
    throw .malformed("'\(name)' must be \(what)")
  }

  fileprivate func seconds(_ name: String) throws(HTTPFault) -> Duration? {
    guard let value = self[name], value != .null else { return nil }
    guard let seconds = value.number, seconds >= 1, seconds <= 604_800 else {
      throw .malformed("'\(name)' must be a number of seconds from 1 to 604800")
    }
    return .seconds(seconds)
  }
}
