// The state of the service: its behaviour, its number of requests, its leaked memory.

import Exposition
import Synchronization

final class Fog: Sendable {
  let service: String
  let metrics = FogMetrics()
  private let state: Mutex<State>

  private struct State {
    var behaviour = Behaviour.well
    var leak: [[UInt8]] = []
  }

  init(service: String, failing: Bool) {
    self.service = service
    state = Mutex(State())
    set(failing ? .failing : .well)
  }

  var behaviour: Behaviour { state.withLock { $0.behaviour } }

  var requests: Int { metrics.allRequests }

  func behave(_ behaviour: Behaviour) {
    set(behaviour)
    Console.say("\(service): now \(behaviour)")
  }

  /// Allocates memory and writes to every page of it, so that it is resident.
  func leak(megabytes: Int) {
    let bytes = [UInt8](repeating: 0xF0, count: megabytes << 20)
    state.withLock { $0.leak.append(bytes) }
    metrics.leaked.add(Double(bytes.count))
    Console.say("\(service): leaks \(megabytes) MiB")
  }

  /// Ends the misbehaviour, and frees the leaked memory.
  func recover() {
    state.withLock { $0.leak = [] }
    metrics.leaked.set(0)
    behave(.well)
  }

  private func set(_ behaviour: Behaviour) {
    state.withLock { $0.behaviour = behaviour }
    for word in Behaviour.words { metrics.behaviour[word].set(word == behaviour.word ? 1 : 0) }
  }
}
