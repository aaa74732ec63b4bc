// The description of the HTTP interface that is part of the program.

import APIDescription

/// The description: OpenAPI for programs, a page for people.
enum Description {
  /// The file, with the version of this build.
  static let bytes = Array(
    String(decoding: APIDescription.openAPI, as: UTF8.self).replacing(APIDescription.versionMark, with: Build.version).utf8)

  static let openAPI = CacheableBody(bytes, contentType: "application/json; charset=utf-8")

  static let style = CacheableBody(APIDescription.style, contentType: "text/css; charset=utf-8")

  static let page = ReferencePage(document: (try? JSON(inOrder: bytes)) ?? [:])
}
