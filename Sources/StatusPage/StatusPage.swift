// The files of the status page, inside the program.
//
// Browsers get the contents of `Files` unchanged: there is no build step. A target of its own, like Shipped: compiling the files' bytes
// takes longer than compiling the Stoker target, and so happens only when they change.

/// The files of the status page.
package enum StatusPage {
  /// The page itself. It refers to the others by relative addresses, `page/NAME`.
  package static var index: [UInt8] { PackageResources.index_html }

  /// The others, by name.
  package static let files: [(name: String, bytes: [UInt8])] = [
    ("actions.js", PackageResources.actions_js),
    ("api.js", PackageResources.api_js),
    ("app.js", PackageResources.app_js),
    ("base.css", PackageResources.base_css),
    ("dom.js", PackageResources.dom_js),
    ("effects.js", PackageResources.effects_js),
    ("events.js", PackageResources.events_js),
    ("format.js", PackageResources.format_js),
    ("graph.js", PackageResources.graph_js),
    ("icon.svg", PackageResources.icon_svg),
    ("layout.js", PackageResources.layout_js),
    ("logs.js", PackageResources.logs_js),
    ("overview.css", PackageResources.overview_css),
    ("overview.js", PackageResources.overview_js),
    ("runs.js", PackageResources.runs_js),
    ("service.css", PackageResources.service_css),
    ("service.js", PackageResources.service_js),
    ("store.js", PackageResources.store_js),
    ("stream.js", PackageResources.stream_js),
    ("strip.js", PackageResources.strip_js),
    ("table.js", PackageResources.table_js),
    ("theme.js", PackageResources.theme_js),
    ("trend.js", PackageResources.trend_js),
    ("trouble.js", PackageResources.trouble_js),
    ("verdict.js", PackageResources.verdict_js),
    ("why.js", PackageResources.why_js),
  ]
}
