// The options of a supervisor in the foreground.

import ArgumentParser

struct ForegroundOptions: ParsableArguments {
  @Flag(help: "Only log lines, on a terminal too: no live table while it starts and stops.")
  var plain = false

  @Flag(help: "Show the output of the services too, each line with its service's name.")
  var output = false
}
