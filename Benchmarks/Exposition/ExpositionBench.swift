// An exporter of the benchmark's series on Exposition and HTTPServer: `ExpositionBench PORT SERIES [STRIDE]`.
//
// SIGUSR1 raises every STRIDE-th counter (10 if it is not given), SIGTERM ends it.

import Addresses
import Exposition
import Glibc
import HTTPServer
import NIOHTTP1

@main
struct ExpositionBench {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    guard arguments.count == CommandLine.arguments.count - 1, (2...3).contains(arguments.count), arguments.allSatisfy({ $0 > 0 }) else {
      end("usage: ExpositionBench PORT SERIES [STRIDE]", 64)
    }
    // Before the first task: threads inherit the mask, so that no other thread takes the signal.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGUSR1, SIGTERM] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    let series = BenchSeries(arguments[1], stride: arguments.count > 2 ? arguments[2] : 10)
    let endpoint = Endpoint(series.registry)
    let port = arguments[0]
    Task.detached { await serve(endpoint, port) }  // detached from the main thread, which waits for signals
    var signal: Int32 = 0
    while sigwait(&signals, &signal) == 0, signal == SIGUSR1 { series.raise() }
  }

  private static func serve(_ endpoint: Endpoint, _ port: Int) async {
    let route = Route("GET", "/metrics") { request, _ in
      let answer = await endpoint.answer(headers: Array(request.headers), query: request.query)
      return Response(status: answer.status, headers: HTTPHeaders(answer.headers), parts: answer.body)
    }
    let server = HTTPServer(configuration: ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: port)]), routes: [route])
    do {
      try await server.start()
    } catch {
      end("ExpositionBench: \(error)", 1)
    }
  }

  private static func end(_ sentence: String, _ status: Int32) -> Never {
    _ = (sentence + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(status)
  }
}
