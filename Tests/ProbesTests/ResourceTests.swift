// Descriptors and memory after checks. The test runs in a process of its own, where no other code opens descriptors.

import Addresses
import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Probes

@Suite("resources of checks") struct ResourceTests {
  @Test("a thousand checks that pass, fail, time out and are cancelled leave no descriptor open")
  func descriptors() async throws {
    await #expect(processExitsWith: .success) {
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
      let server = try await ScriptedServer.start(on: group) { request, connection in
        switch request.split(separator: " ")[1] {
        case "/ok": connection.answer()
        case "/kept": connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        case "/moved": connection.answer("302 Found", headers: "Location: /ok\r\n")
        case "/reset": connection.reset()
        case "/drip": connection.drip("HTTP/1.1 200 OK\r\n")
        default: break
        }
      }
      let prober = Prober(eventLoopGroup: group, commands: FixedResult(result: .failed("")))
      let (refusing, _) = try closedPort()
      // Once each: what is opened lazily and kept is not a leak.
      _ = await prober.run(.http(HTTPProbe(url: try server.url("/ok"))), timeout: generous)
      _ = await prober.run(.file(FileProbe(path: "/")), timeout: generous)
      try await settle(group)
      let before = openDescriptors()

      let probes: [(Probe, Duration)] = [
        (.http(HTTPProbe(url: try server.url("/ok"))), generous),
        (.http(HTTPProbe(url: try server.url("/kept"))), generous),
        (.http(HTTPProbe(url: try server.url("/moved"))), generous),
        (.http(HTTPProbe(url: try server.url("/reset"))), generous),
        (.http(HTTPProbe(url: try server.url("/drip"))), .milliseconds(20)),
        (.http(HTTPProbe(url: try server.url("/mute"))), .milliseconds(20)),
        (.http(HTTPProbe(url: try server.url("/ok"))), .zero),
        (.tcp(TCPProbe(address: HostPort(host: "127.0.0.1", port: server.port))), generous),
        (.tcp(TCPProbe(address: HostPort(host: "localhost", port: refusing))), generous),
        (.file(FileProbe(path: "/nowhere")), generous),
      ]
      await withTaskGroup(of: Void.self) { tasks in
        for worker in 0..<20 {
          tasks.addTask {
            for round in 0..<50 {
              let (probe, timeout) = probes[(worker + round) % probes.count]
              let check = Task { await prober.run(probe, timeout: timeout) }
              if round % 10 == 9 { check.cancel() }
              _ = await check.value
            }
          }
        }
      }
      // The server's ends close when the other side has; all of them are gone when the count is back.
      let clock = SuspendingClock()
      let deadline = clock.now + generous
      repeat { try await settle(group) } while openDescriptors() != before && clock.now < deadline
      #expect(openDescriptors() == before)
      // Checks with a generous limit and without cancellation make 450 requests; those of 20 ms may not get that far on a busy machine.
      #expect(server.seen.all.count >= 450)
    }
  }
}

/// Waits until every loop has done what it had to do.
private func settle(_ group: MultiThreadedEventLoopGroup) async throws {
  for loop in group.makeIterator() { try await loop.submit {}.get() }
}

private func openDescriptors() -> Int {
  guard let directory = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(directory) }
  var count = 0
  while readdir(directory) != nil { count += 1 }
  return count
}
