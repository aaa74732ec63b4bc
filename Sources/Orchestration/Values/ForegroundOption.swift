// How well-known programs are kept in the foreground.

/// The way in which a well-known program stays in the foreground.
package struct ForegroundOption: Sendable {
  /// Its name, for people.
  package let program: String
  /// A command line with it.
  package let command: String
  /// The beginnings of the names of its processes.
  let processes: [String]

  private init(_ program: String, _ command: String, _ processes: String...) {
    self.program = program
    self.command = command
    self.processes = processes
  }

  func isOf(_ name: String) -> Bool { processes.contains { name.hasPrefix($0) } }

  /// All that are known, in the order of docs/service-file.md.
  package static let all = [
    ForegroundOption("nginx", #"nginx -g "daemon off;""#, "nginx"),
    ForegroundOption("Apache httpd", "httpd -D FOREGROUND", "httpd", "apache2"),
    ForegroundOption("lighttpd", "lighttpd -D -f FILE", "lighttpd"),
    ForegroundOption("HAProxy", "haproxy -W -db -f FILE", "haproxy"),
    ForegroundOption("PHP-FPM", "php-fpm -F", "php-fpm"),
    ForegroundOption("OpenSSH", "/usr/sbin/sshd -D", "sshd"),
    ForegroundOption("Redis", "redis-server --daemonize no", "redis-server"),
    ForegroundOption("PostgreSQL", "postgres -D DIRECTORY", "postgres"),
    ForegroundOption("cron", "cron -f", "cron"),
    ForegroundOption("BIND", "named -f", "named"),
    ForegroundOption("Unbound", "unbound -d", "unbound"),
    ForegroundOption("dnsmasq", "dnsmasq --keep-in-foreground", "dnsmasq"),
    ForegroundOption("rsyslog", "rsyslogd -n", "rsyslogd", "rs:main"),
    ForegroundOption("Squid", "squid --foreground", "squid"),
  ]
}
