// stoker exec: a command in the place of a service's own.

import ArgumentParser

struct Exec: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a command in the environment of a service, as its user.",
    discussion: """
      The command gets what the service file gives to the service: its environment with the file of environment_file and the endpoints \
      of its dependencies, its user and groups, directory, umask, nice, no_new_privileges, limits.nofile and limits.core. Input and \
      output stay those of this terminal:

        stoker exec database -- psql --list

      No Stoker has to run: the service file is read as it is now, and the variables come from this shell. The command is no part of \
      the service, so that limits.memory, limits.tasks and limits.cpu do not hold for it, and a stop of the service does not end it.

      The exit code is the command's; 127 if there is no such command, 126 if it cannot be executed.
      """)

  @OptionGroup var file: FileOptions

  @OptionGroup var trust: TrustOptions

  @Argument(help: ArgumentHelp("The service.", valueName: "name"), completion: ServiceNames.completion)
  var name: String

  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, after '--'.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if command.isEmpty { throw ValidationError("give a command after '--': stoker exec \(TerminalText.line(name)) -- COMMAND") }
  }

  func run() throws {
    try ServiceExecution(file: file, policy: trust.policy, name: name).execute(command)
  }
}
