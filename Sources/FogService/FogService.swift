// The demo's service: an HTTP server with a health check, metrics of its own, and HTTP requests that make it misbehave.

import Addresses
import Glibc
import HTTPServer

@main
struct FogService {
  /// The main thread only waits for signals; everything else runs in tasks.
  static func main() {
    let arguments: Arguments
    switch Arguments.read(CommandLine.arguments.dropFirst()) {
    case .run(let read): arguments = read
    case .help:
      Console.say(Arguments.usage)
      return
    case .wrong(let sentence):
      Console.complain(sentence)
      exit(64)
    }

    // Before the first task: threads inherit the mask, so that no other thread takes the signal.
    let signals = Signals.block(SIGTERM, SIGINT)
    let fog = Fog(service: arguments.name, failing: arguments.fail)
    Task.detached { await serve(fog, arguments) }  // detached from the main thread, which is busy waiting
    while true {
      let signal = signals.wait()
      guard arguments.ignoreTerm, signal == SIGTERM else { break }
      Console.say("\(arguments.name): SIGTERM ignored, as asked by --ignore-term")
    }
    Console.say("\(arguments.name): stopping after \(fog.requests) requests")
  }

  private static func serve(_ fog: Fog, _ arguments: Arguments) async {
    if arguments.delay > .zero {
      Console.say("\(fog.service): started (pid \(getpid())), listens in \(arguments.delay)")
      try? await Task.sleep(for: arguments.delay)
    }
    let server = HTTPServer(
      configuration: ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: arguments.port)]), routes: fog.routes())
    do {
      let addresses = try await server.start()
      Console.say("\(fog.service): listening on \(addresses.map(\.description).joined(separator: ", ")) (pid \(getpid()))")
    } catch {
      Console.complain("\(fog.service): \(error)")
      exit(1)
    }
    while true {
      try? await Task.sleep(for: .seconds(10))
      Console.say("\(fog.service): \(fog.behaviour), \(fog.requests) requests so far")
    }
  }
}
