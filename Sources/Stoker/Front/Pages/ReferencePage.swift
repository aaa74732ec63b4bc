// The reference page, made from the OpenAPI description: all routes with their parameters, answers and errors.

import Orchestration

/// The reference of an interface that OpenAPI describes.
struct ReferencePage: Sendable {
  private let html: String

  /// The mark in the kept page that the address replaces.
  private static let base = "\u{1A}"

  /// The page of a description.
  init(document: JSON) {
    html = Writer(document: document).page(base: Self.base)
  }

  /// The page with this address in its lines of curl.
  func text(base: String) -> String {
    html.replacing(Self.base, with: base.asHTML)
  }
}

/// Writes one page.
private struct Writer {
  let document: JSON

  private struct Operation {
    var path: String
    var method: String
    var members: JSON
    var parameters: [JSON]
  }

  func page(base: String) -> String {
    let info = document["info"] ?? [:]
    let title = "\(info.text("title")) \(info.text("version"))"
    let operations = operations
    let general = general(in: operations)
    let tags = document["tags"]?.array ?? []
    let parts = tags.map { tag in
      let own = operations.filter { $0.members["tags"]?.array?.contains(.string(tag.text("name"))) ?? false }
      return (tag, own)
    }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title.asHTML): HTTP interface</title>
      <link rel="stylesheet" href="/api/reference.css">
      </head>
      <body>
      <header>
      <h1>\(title.asHTML): HTTP interface</h1>
      <p>\(prose(info.text("description")))</p>
      <p><a href="/api/openapi.json">openapi.json</a> is the same for programs (OpenAPI \(document.text("openapi").asHTML)). \
      <a href="/">Status page</a></p>
      </header>
      <nav aria-label="Parts">\(tags.map { "<a href=\"#\($0.text("name").asHTML)\">\($0.text("name").asHTML)</a>" }.joined(separator: " ")) \
      <a href="#errors">Errors of every request</a></nav>
      <main>
      \(parts.map { section($0.0, $0.1, general, base) }.joined())<section id="errors">
      <h2>Errors of every request</h2>
      \(table(["status", "error", "when"], general.map { errorRow(status: $0.status, of: resolved($0.response)) }))</section>
      </main>
      </body>
      </html>

      """
  }

  private func section(_ tag: JSON, _ operations: [Operation], _ general: [(status: String, response: JSON)], _ base: String) -> String {
    """
    <section id="\(tag.text("name").asHTML)">
    <h2>\(tag.text("name").asHTML)</h2>
    <p>\(prose(tag.text("description")))</p>
    \(operations.map { details($0, general, base) }.joined())</section>

    """
  }

  private func details(_ operation: Operation, _ general: [(status: String, response: JSON)], _ base: String) -> String {
    let members = operation.members
    let method = operation.method.uppercased()
    let responses = members["responses"]?.members ?? []
    let answers = responses.filter { $0.name < "400" }
    let errors = responses.filter { response in response.name >= "400" && !general.contains { $0.response == response.value } }
    var parts = ["<p><code class=\"curl\">\(curl(operation, base).asHTML)</code></p>\n"]
    let more = members.text("description")
    if !more.isEmpty { parts.append("<p>\(prose(more))</p>\n") }
    if !operation.parameters.isEmpty {
      parts.append("<h3>Parameters</h3>\n" + table(["name", "in", "values", "meaning"], operation.parameters.map(parameterRow)))
    }
    if let body = members["requestBody"], let media = body["content"]?["application/json"] {
      parts.append("<h3>Body</h3>\n<p>\(prose(body.text("description")))</p>\n" + fields(of: media["schema"] ?? [:]))
    }
    for answer in answers { parts.append(self.answer(answer.name, resolved(answer.value))) }
    if !errors.isEmpty {
      let rows = errors.map { errorRow(status: $0.name, of: resolved($0.value)) }
      parts.append("<h3>Errors</h3>\n" + table(["status", "error", "when"], rows))
    }
    return """
      <details id="\(members.text("operationId").asHTML)">
      <summary><b class="\(operation.method.asHTML)">\(method)</b> <code>\(operation.path.asHTML)</code> \
      <span>\(prose(members.text("summary")))</span></summary>
      \(parts.joined())</details>

      """
  }

  // MARK: Parts of an operation

  private func answer(_ status: String, _ response: JSON) -> String {
    var text = "<h3>Answer \(status.asHTML)</h3>\n<p>\(prose(response.text("description")))</p>\n"
    for media in response["content"]?.members ?? [] {
      text += "<p class=\"type\">\(media.name.asHTML)</p>\n"
      if let example = media.value["example"] { text += "<pre tabindex=\"0\"><code>\(shown(example).asHTML)</code></pre>\n" }
      let fields = fields(of: media.value["schema"] ?? [:])
      if !fields.isEmpty { text += "<details class=\"fields\"><summary>Fields</summary>\n\(fields)</details>\n" }
    }
    return text
  }

  private func parameterRow(_ parameter: JSON) -> [String] {
    let isRequired = parameter["required"]?.bool ?? false
    return [
      "<code>\(parameter.text("name").asHTML)</code>\(isRequired ? "" : " <small>optional</small>")", parameter.text("in").asHTML,
      type(of: parameter["schema"] ?? [:]), prose(parameter.text("description")),
    ]
  }

  private func errorRow(status: String, of response: JSON) -> [String] {
    let schemas = (response["content"]?.members ?? []).compactMap { $0.value["schema"] }
    let codes = schemas.flatMap(codes)
    return [status.asHTML, codes.map { "<code>\($0.asHTML)</code>" }.joined(separator: " "), prose(response.text("description"))]
  }

  /// The values that `error` can have.
  private func codes(_ schema: JSON) -> [String] {
    let schema = resolved(schema)
    let error = schema["properties"]?["error"]
    let own = (error?["enum"]?.array ?? error?["const"].map { [$0] } ?? []).compactMap(\.string)
    return own + ["allOf", "oneOf"].flatMap { (schema[$0]?.array ?? []).flatMap(codes) }
  }

  /// One row for each member of an object; empty for other schemas.
  private func fields(of schema: JSON) -> String {
    let schema = resolved(schema)
    let properties = schema["properties"]?.members ?? []
    guard !properties.isEmpty else { return "" }
    return table(
      ["field", "type", "meaning"],
      properties.map { property in
        let meaning = property.value.text("description")
        return [
          "<code>\(property.name.asHTML)</code>", type(of: property.value),
          prose(meaning.isEmpty ? resolved(property.value).text("description") : meaning),
        ]
      })
  }

  /// The type of a schema in a few words.
  private func type(of schema: JSON) -> String {
    if let name = schema["$ref"]?.string?.split(separator: "/").last {
      let target = resolved(schema)
      return target["enum"] == nil ? String(name).asHTML : type(of: target)
    }
    if let words = schema["enum"]?.array { return words.map { "<code>\(shown($0).asHTML)</code>" }.joined(separator: " ") }
    if let value = schema["const"] { return "<code>\(shown(value).asHTML)</code>" }
    if let choices = schema["anyOf"]?.array ?? schema["oneOf"]?.array { return choices.map(type).joined(separator: " or ") }
    let types = schema["type"]?.string.map { [$0] } ?? schema["type"]?.array?.compactMap(\.string) ?? []
    var words = types.map { type in
      switch type {
      case "array": schema["items"].map { "list of \(self.type(of: $0))" } ?? "list"
      case "object": schema["additionalProperties"]?.members.map { "object of \(self.type(of: .object($0)))" } ?? "object"
      case "string" where schema["format"] == "date-time": "time"
      default: type.asHTML
      }
    }.joined(separator: " or ")
    if let least = schema["minimum"], let most = schema["maximum"] { words += " from \(shown(least)) to \(shown(most))" }
    if let usual = schema["default"] { words += ", usually <code>\(shown(usual).asHTML)</code>" }
    return words
  }

  private func curl(_ operation: Operation, _ base: String) -> String {
    var path = operation.path
    for parameter in operation.parameters where parameter["in"] == "path" {
      path = path.replacing("{\(parameter.text("name"))}", with: shown(parameter["example"] ?? "NAME"))
    }
    let method = operation.method == "get" ? "" : " -X \(operation.method.uppercased())"
    let example = operation.members["requestBody"]?["content"]?["application/json"]?["example"]
    let body = example.flatMap { $0.members?.isEmpty ?? true ? nil : String(decoding: $0.render().dropLast(), as: UTF8.self) }
    let data = body.map { " -H 'Content-Type: application/json' -d '\($0)'" } ?? ""
    let isStream = operation.members["responses"]?["200"]?["content"]?["text/event-stream"] != nil
    return "curl \(isStream ? "-N" : "-s")\(method)\(data) \(base)\(path)"
  }

  // MARK: The document

  private var operations: [Operation] {
    (document["paths"]?.members ?? []).flatMap { path in
      let shared = path.value["parameters"]?.array ?? []
      return (path.value.members ?? []).filter { $0.name != "parameters" }.map { method in
        let parameters = (shared + (method.value["parameters"]?.array ?? [])).map(resolved)
        return Operation(path: path.name, method: method.name, members: method.value, parameters: parameters)
      }
    }
  }

  /// The errors that most operations have: shown once.
  private func general(in operations: [Operation]) -> [(status: String, response: JSON)] {
    var found: [(status: String, response: JSON, count: Int)] = []
    let errors = operations.flatMap { $0.members["responses"]?.members ?? [] }.filter { $0.name >= "400" && $0.value["$ref"] != nil }
    for response in errors {
      if let index = found.firstIndex(where: { $0.response == response.value }) {
        found[index].count += 1
      } else {
        found.append((response.name, response.value, 1))
      }
    }
    return found.filter { $0.count * 2 > operations.count }.sorted { $0.status < $1.status }.map { ($0.status, $0.response) }
  }

  /// The target of a reference, or the value itself.
  private func resolved(_ value: JSON) -> JSON {
    guard let path = value["$ref"]?.string else { return value }
    var target = document
    for name in path.split(separator: "/").dropFirst() { target = target[String(name)] ?? [:] }
    return target
  }

  // MARK: Text

  private func table(_ heads: [String], _ rows: [[String]]) -> String {
    let body = rows.map { row in
      "<tr>" + zip(heads, row).map { "<td data-head=\"\($0.0)\">\($0.1)</td>" }.joined() + "</tr>\n"
    }
    let head = heads.map { "<th scope=\"col\">\($0)</th>" }
    return "<table>\n<thead><tr>\(head.joined())</tr></thead>\n<tbody>\n\(body.joined())</tbody>\n</table>\n"
  }

  /// A string as it is, another value as JSON.
  private func shown(_ value: JSON) -> String {
    value.string ?? String(decoding: value.render(pretty: true).dropLast(), as: UTF8.self)
  }

  /// Text with `code` as code elements.
  private func prose(_ text: String) -> String {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .map { $0.offset.isMultiple(of: 2) ? String($0.element).asHTML : "<code>\(String($0.element).asHTML)</code>" }.joined()
  }
}

extension JSON {
  /// The text of a member; empty without one.
  fileprivate func text(_ name: String) -> String {
    self[name]?.string ?? ""
  }
}

extension String {
  /// The text with the special characters of HTML escaped.
  fileprivate var asHTML: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}
