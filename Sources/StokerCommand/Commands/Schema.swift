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

        A file that the schema accepts may still have errors: unknown names, circles, and settings that need root are found by 'stoker check'.
        """)

    func run() {
      Console.print(ShippedFile.schema)
    }
  }
}
