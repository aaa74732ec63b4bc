// Commands as a shell would read them.
import Testing

@testable import ServiceFile

@Suite("Words of a shell")
struct ShellWordsTests {
  @Test(
    "an argument that only a shell would understand is found",
    arguments: [
      (["echo", "$HOME"], 1, ShellWords.Speech.variable), (["x", "--home=$HOME/a"], 1, .variable), (["$BIN/x"], 0, .variable),
      (["ls", "~"], 1, .home), (["~/bin/x"], 0, .home), (["rm", "*"], 1, .pattern), (["ls", "/var/log/*"], 1, .pattern),
      (["a", "|", "b"], 1, .operator), (["a", "&&", "b"], 1, .operator), (["a", "x", ">", "log"], 2, .operator),
      (["a", "2>&1"], 1, .operator),
    ])
  func found(command: [String], element: Int, speech: ShellWords.Speech) {
    let found = ShellWords.found(in: command)
    #expect(found.map(\.element) == [element] && found.map(\.speech) == [speech])
  }

  @Test(
    "what a program may mean itself is left alone",
    arguments: [
      ["sh", "-c", "echo $HOME | cat"], ["bash", "-ec", "x", "$A"], ["awk", "{print $1}"], ["grep", "^a$"], ["echo", "costs $5"],
      ["find", "-name", "*.log"], ["x", "a~b"], ["psql", "select $$x$$"], ["perl", "-e", "$x"], ["x", "a|b"],
    ])
  func left(command: [String]) {
    #expect(ShellWords.found(in: command).isEmpty)
  }

  @Test(
    "the program of a line is its first word, where the line starts nothing else",
    arguments: [
      ("/srv/web --port 80", "/srv/web"), ("exec web -x", "web"), ("python3 -m http.server", "python3"), ("cd /srv", nil), ("A=1 web", nil),
      ("web | tee log", nil), ("web; true", nil), ("if x", nil), ("$BIN/web", nil), ("echo hello", nil), ("   ", nil), ("exec", nil),
      ("web 'a'", nil),
    ] as [(String, String?)])
  func program(line: String, program: String?) {
    #expect(ShellWords.program(of: line) == program)
  }
}
