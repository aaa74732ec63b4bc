// Plain answers: liveness, readiness, and the landing page.

import HTTPServer
import Orchestration

extension API {
  /// `GET /-/healthy`
  func healthy() -> Response {
    .text("Stoker is healthy.\n")
  }

  /// `GET /-/ready` (rule 23)
  func ready() -> Response {
    let published = supervisor.read()
    let snapshot = published.snapshot
    guard !snapshot.node.isReady else { return .text("Stoker is ready: every critical service is running.\n") }
    guard !snapshot.node.isShuttingDown else { return .text("Stoker is not ready: it is shutting down.\n", status: 503) }
    let missing = snapshot.services.filter { view in
      let spec = published.services[view.id.index].spec
      return spec.isCritical && spec.isEnabled && !view.isReady
    }
    let names = missing.map { published.name($0.id) }.joined(separator: ", ")
    return .text("Stoker is not ready: \(names.isEmpty ? "it is starting" : "not running: \(names)").\n", status: 503)
  }

  /// `GET /`
  func landingPage() -> Response {
    let published = supervisor.read()
    let rows = published.snapshot.services.map { view in
      "<tr><td>\(escaped(published.name(view.id)))</td><td>\(view.status.rawValue)</td><td>\(view.health.rawValue)</td><td>\(view.restarts.total)</td></tr>"
    }
    let links = [
      ("/metrics", "metrics for Prometheus"), ("/api/orchestration/services", "services"), ("/api/orchestration/health", "health"),
      ("/api/orchestration/dependencies", "dependencies"), ("/api/orchestration/metrics", "sums"),
      ("/api/orchestration/registry", "registry"), ("/-/healthy", "liveness"), ("/-/ready", "readiness"),
    ]
    let node = escaped(supervisor.configuration.name)
    return .html(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Stoker on \(node)</title>
      <style>
      :root { color-scheme: light dark }
      body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem }
      table { border-collapse: collapse; width: 100% }
      th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884 }
      </style>
      </head>
      <body>
      <h1>Stoker \(Build.version) on \(node)</h1>
      <p>\(published.snapshot.services.count) services, \(published.snapshot.node.health.rawValue), \
      \(published.snapshot.node.isReady ? "ready" : "not ready").</p>
      <table>
      <tr><th>Service</th><th>State</th><th>Health</th><th>Restarts</th></tr>
      \(rows.joined(separator: "\n"))
      </table>
      <ul>
      \(links.map { "<li><a href=\"\($0.0)\">\($0.0)</a>: \($0.1)</li>" }.joined(separator: "\n"))
      </ul>
      </body>
      </html>

      """
    ).setting("Content-Security-Policy", to: "default-src 'none'; style-src 'unsafe-inline'")
  }

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}
