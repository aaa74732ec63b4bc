// stoker schema: the service file's schema, for editors.

import ArgumentParser
import Shipped

extension StokerCommand {
  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the JSON Schema of the service file, for completion and checking in editors.",
      discussion: """
        Editors that use the YAML language server read a comment at the top of the service file, which 'stoker init' writes there:

          stoker schema > stoker.schema.json
          # yaml-language-server: $schema=./stoker.schema.json

        What the schema accepts is not always right: names that are not in the file, circles and what only root can do are found by \
        'stoker check'.
        """)

    func run() {
      Console.say(ShippedFile.schema)
    }
  }
}
