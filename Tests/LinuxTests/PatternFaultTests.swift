// Patterns that POSIX reads in another way than their authors.

import Linux
import Testing

@Suite("Patterns")
struct PatternFaultTests {
  @Test(
    "what POSIX reads as something else is refused, with what to write instead",
    arguments: [
      (#"port \d+ open"#, "[0-9]"), (#"\D"#, "[^0-9]"), (#"a\tb"#, "double quotes"), (#"\x41"#, "double quotes"),
      (#"\p{L}+"#, "[[:alpha:]]"),
      (#"\Aready"#, "write ^"), (#"ready\z"#, "write $"), (#"\Q.\E"#, "a backslash before"), (#"\i"#, "write i"), (#"\0"#, "double quotes"),
      (#"\<title\>"#, "write < for"), (#"it\'s up"#, "write ' for"), (#"[\d.]+"#, "0-9"), (#"[^\s]"#, "[:space:]"),
      (#"[\w-]"#, "[:alnum:]"),
      (#"[^\]]"#, "at its beginning"), (#"[a\-z]"#, "at the end"), (#"[\/]"#, "leave it out"), ("[:digit:]+", "[[:digit:]]"),
      ("[äö]", "(ä|ö)"), ("(?:a|b)", "write ("), ("(?=a)", "look-around"), ("(?<!a)b", "look-around"), ("(?i)ready", "[Aa]"),
      ("(?P<port>[0-9]+)", "write ("), ("a.*?b", "leave the ?"), ("a+?", "leave the ?"), ("a{2}?", "leave the ?"), ("a??", "leave the ?"),
      ("a++", "possessive"), ("a{,3}", "{0,3}"), (#"{"status": "ok"}"#, #"\{"#), (#"a{b}"#, #"\{"#), ("a{", #"\{"#), ("*ready*", ".*"),
      ("(*)", ".*"), ("a|+b", #"\+"#), ("^*a", ".*"), ("cost: $5", #"\$"#), ("a^b", #"\^"#), ("(a)\\1", "back-references"), ("a\0b", "NUL"),
    ])
  func refused(pattern: String, advice: String) throws {
    let fault = try #require(PatternFault.of(pattern))
    #expect(fault.contains(advice))
  }

  @Test(
    "what means the same to all is accepted",
    arguments: [
      "", "port [0-9]+ open", #"\w+\s\b\S\W\B"#, #"\b^foo"#, #"x\W^y"#, #"\{"status": *"ok"\}"#, #"\$5\^\*\.\/\-\""#, "^(ready|up)$",
      "(^|,)a($|,)",
      "a{2}b{2,}c{2,3}",
      "[]a]", "[^]a]", "[a-z\\\\]", "[[:alpha:]_][[:alnum:]_]*", "ä+", "a**", "a$\n^b", "()", "x}", "a||b", "[.*?{(]", "[a:]", "$$",
    ])
  func accepted(pattern: String) {
    #expect(PatternFault.of(pattern) == nil)
  }
}
