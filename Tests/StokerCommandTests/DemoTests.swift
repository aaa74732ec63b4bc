// The demo's service file.

import Orchestration
import ServiceFile
import Testing

@testable import StokerCommand

struct DemoTests {
  @Test("the demo has the services and the graph of the example, checked every 2 s")
  func sameGraph() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let example = try ServiceFile.load("/\(folder)/examples/fog/stoker.yaml", environment: [:])
    let demo = try DemoFile.parse(DemoFile.text(programs: "/opt/stoker"))
    #expect(demo.graph.picture() == example.graph.picture())
    #expect(demo.services.map(\.spec.name) == example.services.map(\.spec.name))
    #expect(demo.services.map(\.command) == example.services.map(\.command))
    #expect(demo.services.allSatisfy { $0.spec.check?.interval == .seconds(2) })
  }

  @Test(
    "the folder of the programs stands in PATH as it is, whatever its name",
    arguments: ["/opt/a b", "/opt/\"q\"", "/opt/a\\b", "/opt/$HOME/${X}"])
  func folders(folder: String) throws {
    let demo = try ServiceFile.parse(DemoFile.text(programs: folder), path: "/demo.yaml", environment: ["PATH": "/bin"])
    let variables = try #require(demo.services.first).environment
    #expect(variables.contains { $0.name == "PATH" && $0.value == "\(folder):/bin" })
  }
}
