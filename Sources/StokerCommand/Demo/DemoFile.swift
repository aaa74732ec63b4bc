// The demo's service file, and commands to try. The services are those of examples/fog/stoker.yaml, checked more often.

import Glibc
import ServiceFile

enum DemoFile {
  /// The demo's service file, parsed. It has no path, so a fixed name replaces it, and its services run in the state directory.
  static func parse(_ text: String) throws(Failure) -> ServiceFile {
    let environment = Environment.all
    let directory = ServiceFile.defaultStateDirectory(
      name: "fog-demo", path: "/stoker-demo", environment: environment, isRoot: geteuid() == 0)
    do {
      var file = try ServiceFile.parse(text, path: "\(directory)/demo.yaml", environment: environment)
      file.supervisor.stateDirectory = directory
      return file
    } catch {
      throw Failure(error, in: "the demo", consequence: "nothing was started")
    }
  }

  /// Commands to try, for a Stoker at these addresses.
  static func guide(_ addresses: [String], program: String = DemoProgram.ownName) -> String {
    let url = "http://\(addresses.first { !$0.hasPrefix("unix:") } ?? "127.0.0.1:10101")"
    let tries = Table(rows: [
      ["  export STOKER_URL=\(url)"],
      ["  \(program) status"],
      ["  curl -X POST http://127.0.0.1:7009/control/crash", "# betanet exits, and is restarted after 2 s"],
      ["  curl -X POST http://127.0.0.1:7001/control/fail", "# dao becomes degraded, then unhealthy, and is restarted"],
      ["  \(program) why dao"],
      ["  \(program) logs betanet -n 20"],
      ["  \(program) stop --cascade onion", "# stops vpn_coordinator first, which requires it"],
      ["  \(program) start vpn_coordinator", "# starts onion too"],
    ])
    return """

      Ten services are starting; Stoker answers at \(url)

        in a browser     \(url)/
        for Prometheus   \(url)/metrics

      Try in another terminal:

      \(tries.lines().joined(separator: "\n"))

      Ctrl-C stops everything.

      """
  }

  /// The service file.
  /// - Parameter programs: The folder of `fog-service`.
  static func text(programs: String) -> String {
    """
    # The demo of Stoker: ten services of a FOG node, with dependencies between them.
    #
    # Every command is `fog-service`: one process each, with a health check, metrics of its own, and HTTP requests that make it
    # fail, hang, slow down, leak or crash.

    version: 1

    stoker:
      name: fog-demo
      listen: ["127.0.0.1:10101"]       # API, status page and /metrics; loopback only
      control: loopback                 # every local user may try the commands; root's default is socket

    # Defaults for every service; a service may override them.
    defaults:
      health: {interval: 2s, timeout: 2s}   # 30s and 5s without this line
      environment: {PATH: "\(quoted(programs)):${PATH:-/usr/local/bin:/usr/bin:/bin}"}   # where fog-service is

    services:
      # No dependencies: layer 0, starts at once.
      dao:
        description: DAO and tokenomics
        type: tokenomics
        labels: {tier: core}
        command: ["fog-service", "dao", "--port", "7001"]
        health: {http: {url: "http://127.0.0.1:7001/health"}}
        endpoints: {http: "http://127.0.0.1:7001"}
        metrics: {port: 7001}

      # An optional dependency is waited for while it is on its way up, and done without otherwise.
      scheduler:
        description: Schedules batch jobs on the node
        type: scheduler
        labels: {tier: compute}
        command: ["fog-service", "scheduler", "--port", "7002"]
        depends_on: {dao: {optional: true}}
        health: {http: {url: "http://127.0.0.1:7002/health"}}
        endpoints: {http: "http://127.0.0.1:7002"}
        metrics: {port: 7002}

      edge:
        description: Manages edge devices
        type: edge
        labels: {tier: compute}
        command: ["fog-service", "edge", "--port", "7003"]
        depends_on: {dao: {optional: true}}
        health: {http: {url: "http://127.0.0.1:7003/health"}}
        endpoints: {http: "http://127.0.0.1:7003"}
        metrics: {port: 7003}

      # Depends on nothing, but should not start before layers 0 and 1 are settled: `layer` is a barrier.
      fog_coordinator:
        description: Coordinates the nodes of the fog
        type: coordinator
        labels: {tier: core}
        command: ["fog-service", "fog_coordinator", "--port", "7004"]
        layer: 2
        health: {http: {url: "http://127.0.0.1:7004/health"}}
        endpoints: {http: "http://127.0.0.1:7004"}
        metrics: {port: 7004}

      # A required dependency: harvest starts when edge is healthy, not before.
      harvest:
        description: Harvests idle computing time
        type: harvest
        labels: {tier: compute}
        command: ["fog-service", "harvest", "--port", "7005"]
        depends_on: [edge]
        health: {http: {url: "http://127.0.0.1:7005/health"}}
        endpoints: {http: "http://127.0.0.1:7005"}
        metrics: {port: 7005}

      onion:
        description: Onion routing
        type: privacy
        labels: {tier: network}
        command: ["fog-service", "onion", "--port", "7006"]
        depends_on: [fog_coordinator]
        health: {http: {url: "http://127.0.0.1:7006/health"}}
        endpoints: {http: "http://127.0.0.1:7006"}
        metrics: {port: 7006}

      p2p:
        description: Peer-to-peer network
        type: network
        labels: {tier: network}
        command: ["fog-service", "p2p", "--port", "7007"]
        depends_on: {fog_coordinator: {optional: true}}
        health: {http: {url: "http://127.0.0.1:7007/health"}}
        endpoints: {http: "http://127.0.0.1:7007"}
        metrics: {port: 7007}

      vpn_coordinator:
        description: Coordinates the VPN's exits
        type: privacy
        labels: {tier: network}
        command: ["fog-service", "vpn_coordinator", "--port", "7008"]
        depends_on: [fog_coordinator, onion]
        health: {http: {url: "http://127.0.0.1:7008/health"}}
        endpoints: {http: "http://127.0.0.1:7008"}
        metrics: {port: 7008}

      # The last two would fit into layer 4; as barriers of layer 5 they start after every other service has settled,
      # and are stopped first.
      betanet:
        description: Transport that looks like ordinary traffic
        type: transport
        labels: {tier: edge}
        command: ["fog-service", "betanet", "--port", "7009"]
        depends_on:
          onion: {optional: true}
          p2p: {optional: true}
        layer: 5
        health: {http: {url: "http://127.0.0.1:7009/health"}}
        endpoints: {http: "http://127.0.0.1:7009"}
        metrics: {port: 7009}

      bitchat:
        description: Messages between phones nearby
        type: messaging
        labels: {tier: edge}
        command: ["fog-service", "bitchat", "--port", "7010"]
        depends_on: {p2p: {optional: true}}
        layer: 5
        health: {http: {url: "http://127.0.0.1:7010/health"}}
        endpoints: {http: "http://127.0.0.1:7010"}
        metrics: {port: 7010}

    """
  }

  /// Escapes text for a double-quoted YAML string in which `$` has a meaning.
  private static func quoted(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("$", with: "$$")
  }
}
