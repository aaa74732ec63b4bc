// The replacement of `${…}`.
import Orchestration
import Testing

@testable import ServiceFile

@Suite("Interpolation")
struct InterpolationTests {
  let environment = ["HOME": "/home/fog", "SET": "välue $X ${SET}", "EMPTY": "", "PORT": "7001", "_A1": "a"]

  @Test(
    "names are replaced byte for byte, defaults step in, dollar signs stay",
    arguments: [
      ("${SET}", "välue $X ${SET}"), ("a${PORT}b${_A1}", "a7001ba"), ("${NO:-x}", "x"), ("${EMPTY:-x}", "x"), ("${EMPTY}", ""),
      ("${EMPTY-x}", ""), ("${NO-x}", "x"),
      ("${NO:+x}${EMPTY:+x}${NO+x}", ""), ("${EMPTY+x${PORT}}", "x7001"), ("${PORT:+x}", "x"), ("${PORT:?m}${EMPTY?m}", "7001"),
      ("${NO+${NO2}}", ""), ("${PORT-${NO2}}", "7001"),
      ("${NO:-}", ""),
      ("${PORT:-x}", "7001"), ("$$", "$"), ("$${SET}", "${SET}"), ("$$$$", "$$"), ("$HOME $1 $(x) $", "$HOME $1 $(x) $"),
      ("${NO:-${PORT}}", "7001"), ("${NO:-a${NO2:-b}c}", "abc"), ("${NO:-$$}", "$"), ("%h %%", "%h %%"), ("100$", "100$"),
    ])
  func replace(text: String, expected: String) throws {
    #expect(try Interpolation(environment: environment).replace(text) == expected)
  }

  @Test(
    "what is neither a name nor a default is refused",
    arguments: [
      "${", "${}", "${NO}", "${1A}", "${A:?x}", "${A?x}", "${EMPTY:?x}", "${A:=x}", "${A=x}", "${A:}", "${A:b}", "${ A}", "${NO:-${NO2}}",
      "${list[@]}",
    ])
  func refused(text: String) {
    #expect(throws: Interpolation.Failure.self) { try Interpolation(environment: environment).replace(text) }
  }

  @Test("every string of the file is replaced, numbers and booleans that come out of it count as such, keys are not touched")
  func everywhere() throws {
    let file = try read(
      oneService(
        """
        layer: ${PORT}
        enabled: ${ON:-false}
        stop: {timeout: "${TIMEOUT:-5s}"}
        labels: {"${PORT}": "${PORT}"}
        """, command: "command: [run, \"--port=${PORT}\", \"${SET}\"]"), environment: environment)
    #expect(file.services[0].spec.layer == 7001)
    #expect(!file.services[0].spec.isEnabled)
    #expect(file.services[0].spec.stop.timeout == .seconds(5))
    #expect(file.services[0].labels == ["${PORT}": "7001"])
    #expect(file.services[0].command == ["run", "--port=7001", "välue $X ${SET}"])
  }

  @Test("a message shows what was written, never the environment's value")
  func secrets() {
    #expect(
      faults(oneService("layer: ${SECRET}"), environment: ["SECRET": "hunter2"]) == [
        "5:12: 'layer' of service 'a' must be a whole number from 0 to 1000000, not '${SECRET}'"
      ])
  }

  @Test("a required name has its own message, as it is written")
  func required() {
    #expect(
      faults(oneService("layer: ${NOPE:?give the ${PORT}}\ndescription: \"${EMPTY:?}\""), environment: environment) == [
        "5:12: the environment variable 'NOPE' is not set: give the ${PORT}", "6:18: the environment variable 'EMPTY' is empty",
      ])
  }

  @Test("an unset name is reported once, at its place")
  func unset() {
    #expect(
      faults(oneService("layer: ${NOPE}")) == [
        "5:12: the environment variable 'NOPE' is not set; set it, or give a default: ${NOPE:-default}"
      ])
  }
}
