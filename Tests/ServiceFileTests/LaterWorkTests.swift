// Features that this version does not have yet are refused, never ignored.
import Testing

@testable import ServiceFile

@Suite("Not supported yet")
struct LaterWorkTests {
  @Test(
    "a key whose work belongs to a later version is refused at its place",
    arguments: [
      ("health: {grpc: {address: \"127.0.0.1:7001\", service: fog.Dao}}", "4:14: 'health.grpc' of service 'a'"),
      (
        "health: {http: {url: \"http://h/\", verify_tls: false}}",
        "4:51: 'verify_tls: false' in 'health.http' of service 'a'"
      ),
    ])
  func service(line: String, start: String) {
    let text = "version: 1\nservices: {a: {command: [sleep],\n\n    \(line)}}\n"
    #expect(faults(text) == [start + " is not supported yet"])
  }

  @Test("an https check is refused as not supported yet")
  func https() {
    #expect(
      faults(oneService("health: {http: {url: \"https://h/\"}}")) == [
        "5:26: 'health.http.url' of service 'a': https checks are not supported yet"
      ])
  }

  @Test("web_config and remote control are refused as not supported yet")
  func supervisor() {
    #expect(
      faults(
        """
        version: 1
        stoker: {web_config: web.yml, allow_remote_control: true}
        services:
          a: {command: [a]}
        """) == [
          "2:10: 'stoker.web_config' is not supported yet", "2:31: 'stoker.allow_remote_control' is not supported yet",
        ])
  }

  @Test("what asks for nothing is accepted: the default written out")
  func harmless() {
    let lines = "health: {http: {url: \"http://h/\", verify_tls: true}}"
    #expect(faults("version: 1\nstoker: {allow_remote_control: false}\nservices:\n  a: {command: [x], \(lines)}\n").isEmpty)
  }
}
