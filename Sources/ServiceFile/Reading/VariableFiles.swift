// `stoker.variables`: files with values for `${NAME}`, which are needed before anything else of the file can be read.

/// Reads the files of `stoker.variables`, and nothing unasked.
struct VariableFiles {
  let context: ReadingContext

  /// Puts the variables beneath Stoker's own. A fault is reported at the file's own line, or where the file is named.
  func read(namedIn bytes: [UInt8]) {
    // Most files name none, and are composed once.
    guard bytes.contains(Array("variables".utf8)) else { return }
    let main = context.files[0]
    // Every fault of this look is reported by the reading that follows.
    let scout = ReadingContext(file: main.shown, path: main.path, environment: context.ownEnvironment)
    guard let root = YAMLComposer.compose(bytes, reportingTo: scout),
      let stoker = root.entries?.first(where: { $0.key == "stoker" }), stoker.value.entries != nil
    else { return }
    let reader = MappingReader(stoker.value, scope: Scope(path: ["stoker"]), keyMark: stoker.keyMark, context: scout)
    for (file, mark) in reader.fileReferences("variables") { read(file, mark) }
  }

  private func read(_ file: FileReference, _ mark: Mark) {
    context.inputs.note(variables: SourceFile(file.path, namedBy: context.files[0]))
    do throws(ServiceFileError) {
      let values = try EnvironmentFile.variables(file).map { ($0.name, $0.value) }
      context.addBeneath(Dictionary(values) { _, later in later })
    } catch {
      context.lacksVariables = true
      guard let first = error.diagnostics.first, first.line == 0 else { return context.report(mark, error) }
      context.report(
        mark, "the file of 'stoker.variables' cannot be used: \(first.file): \(first.message)")
    }
  }
}
