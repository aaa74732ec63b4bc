// The HTTP routes of the service.

import Exposition
import Glibc
import HTTPServer
import NIOHTTP1

extension Fog {
  func routes() -> [Route] {
    [
      Route("GET", "/") { _, _ in
        self.count(.home)
        return .text(self.home)
      },
      Route("GET", "/health") { _, _ in await self.health() },
      Route("GET", "/metrics") { request, _ in
        self.count(.metrics)
        let answer = await self.metrics.endpoint.answer(headers: Array(request.headers), query: request.query)
        return Response(status: answer.status, headers: HTTPHeaders(answer.headers), parts: answer.body)
      },
      Route("POST", "/control/{order}", access: .control) { request, parameters in
        self.count(.control)
        return self.obey(parameters["order"] ?? "", request)
      },
    ]
  }

  private func count(_ page: FogMetrics.Page) {
    metrics.requests[page.rawValue].increment()
  }

  private var home: String {
    """
    This is \(service), a service of the FOG demo. It is \(behaviour).

      GET  /health                    the health check
      GET  /metrics                   the metrics for Prometheus
      POST /control/fail              /health answers 500
      POST /control/hang              /health never answers
      POST /control/slow?ms=3000      /health answers late
      POST /control/leak?mb=50        leaks memory
      POST /control/crash             exits with 3; with ?signal=11 by that signal
      POST /control/recover           ends the misbehaviour

    """
  }

  private func health() async -> Response {
    count(.health)
    let clock = SuspendingClock()
    let asked = clock.now
    let behaviour = behaviour
    switch behaviour {
    case .well, .failing: break
    case .slow(let milliseconds): try? await Task.sleep(for: .milliseconds(milliseconds))
    case .hanging: try? await Task.sleep(for: .seconds(86_400))  // until the client gives up, which cancels it
    }
    metrics.healthDuration.observe((clock.now - asked) / .seconds(1))
    let status = behaviour == .failing ? "failing" : "ok"
    let body = """
      {"service":"\(service)","status":"\(status)","requests":\(requests),"leaked_bytes":\(Int(metrics.leaked.value))}

      """
    return .json(Array(body.utf8), status: behaviour == .failing ? 500 : 200)
  }

  private func obey(_ order: String, _ request: Request) -> Response {
    switch order {
    case "fail": behave(.failing)
    case "hang": behave(.hanging)
    case "slow":
      guard let milliseconds = Int(request.first(query: "ms") ?? "3000"), (0...3_600_000).contains(milliseconds) else {
        return wrong("ms is a number of milliseconds, at most 3600000")
      }
      behave(.slow(milliseconds: milliseconds))
    case "leak":
      guard let megabytes = Int(request.first(query: "mb") ?? "50"), (1...1024).contains(megabytes) else {
        return wrong("mb is a number from 1 to 1024")
      }
      leak(megabytes: megabytes)
    case "crash":
      guard let signal = request.first(query: "signal") else {
        Console.say("\(service): exits with code 3, as requested")
        exit(3)
      }
      guard let number = Int32(signal), (1...31).contains(number) else { return wrong("signal is a number from 1 to 31") }
      Console.say("\(service): ends by signal \(number), as requested")
      Signals.die(of: number)
    case "recover": recover()
    default:
      return .fault(HTTPFault(status: 404, code: "unknown_order", message: "'\(order)' is no request; GET / lists them"))
    }
    return .json(Array("{\"success\":true,\"service\":\"\(service)\",\"status\":\"\(behaviour.word)\"}\n".utf8))
  }

  private func wrong(_ sentence: String) -> Response {
    .fault(HTTPFault(status: 400, code: "bad_request", message: sentence))
  }
}
