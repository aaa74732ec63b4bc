// Stoker itself: whether it keeps up, what a scrape costs, who asks it for what, and what its process uses.
local stoker = import 'stoker.libsonnet';

local node = stoker.node;
local counted(labels, metric, matchers='') = 'sum by (%s) (%s)' % [labels, stoker.increase(node(metric, matchers))];
local rated(labels, metric, matchers='') = 'sum by (%s) (%s)' % [labels, stoker.rate(node(metric, matchers))];
local quantile(value, metric, by, legend) = stoker.range(stoker.quantile(value, stoker.buckets(metric, by)), legend);
local thin = stoker.custom({ fillOpacity: 0 });
local flat = stoker.custom({ fillOpacity: 0, lineInterpolation: 'stepAfter' });
local p(name, value, metric) = quantile(value, metric, '', name);
local percentiles = stoker.colored(['p50', 'p90', 'p99']);

stoker.board(
  'stoker-supervisor',
  'Stoker / Supervisor',
  'Stoker itself: the lag of its loop, the cost of a scrape, its requests, and the resources of its process.',
  [
    stoker.row(null, [
      [
        stoker.stat(
          'Scraped',
          'Whether Prometheus can scrape each Stoker now.',
          3,
          stoker.instant(stoker.stokers('up'), '{{instance}}'),
          'none',
          more=stoker.defaults({ noValue: 'unknown', mappings: stoker.yesNo('answers', 'does not answer') }),
        ),
        stoker.stat(
          'Version',
          'The version of each Stoker.',
          3,
          stoker.instant(node('stoker_build_info'), '{{version}} ({{os}} {{arch}})'),
          'none',
          more=stoker.options({ textMode: 'name', colorMode: 'none' }),
        ),
        stoker.stat(
          'Running for',
          "Age of Stoker's process.",
          3,
          stoker.instant('time() - (%s)' % stoker.stokers('process_start_time_seconds'), '{{instance}}'),
          's',
          more=stoker.defaults({ decimals: 0, noValue: 'unknown' }),
        ),
        stoker.stat(
          'Started everything',
          'Whether every service has settled once since Stoker started.',
          3,
          stoker.instant(node('stoker_initialized'), '{{instance}}'),
          'none',
          more=stoker.defaults({
            noValue: 'unknown',
            mappings: stoker.mapping({
              '0': { text: 'still starting', color: stoker.colors.starting, index: 0 },
              '1': { text: 'done', color: 'green', index: 1 },
            }),
          }),
        ),
        stoker.stat(
          'Service file',
          'Whether the last reading of the service file succeeded. After a failure the version before stays in force.',
          3,
          stoker.instant(node('stoker_config_last_reload_successful'), '{{instance}}'),
          'none',
          more=stoker.defaults({ noValue: 'unknown', mappings: stoker.yesNo('accepted', 'refused') }),
        ),
        stoker.stat(
          'Service file read',
          'The time of the last successful reading of the service file.',
          3,
          stoker.instant('%s * 1000' % node('stoker_config_last_reload_success_timestamp_seconds'), '{{instance}}'),
          'dateTimeFromNow',
          more=stoker.defaults({ noValue: 'unknown' }),
        ),
        stoker.stat(
          'State directory',
          'Whether the state directory is still at its path: uptime, history and wishes are kept there.',
          3,
          stoker.instant(node('stoker_state_directory_lost'), '{{instance}}'),
          'none',
          more=stoker.defaults({
            mappings: stoker.mapping({ '0': { text: 'there', color: 'green', index: 0 }, '1': { text: 'lost', color: 'red', index: 1 } }),
          }),
        ),
        stoker.stat(
          'History',
          'Whether history, uptime and wishes are being written to the disk.',
          3,
          stoker.instant(node('stoker_journal_usable'), '{{instance}}'),
          'none',
          more=stoker.defaults({ mappings: stoker.yesNo('written', 'not written') }),
        ),
      ],
    ]),
    stoker.row('The supervision loop', [
      [
        stoker.lines(
          'Loop lag',
          'Delay between the time at which a timer was due and its handling. With lag, services are started, checked and restarted late.',
          12,
          [p('p50', 0.5, 'stoker_loop_lag_seconds'), p('p90', 0.9, 'stoker_loop_lag_seconds'), p('p99', 0.99, 'stoker_loop_lag_seconds')],
          's',
          more=thin + stoker.overrides(percentiles),
        ),
        stoker.heatmap(
          'Loop lag in buckets',
          'The same delays by their length: the darker, the more of them in a second.',
          12,
          stoker.heat(stoker.buckets('stoker_loop_lag_seconds')),
        ),
      ],
    ]),
    stoker.row('HTTP', [
      [
        stoker.flow(
          'Requests',
          'Requests a second, by handler. `other`: no such page.',
          8,
          stoker.range(rated('handler', 'stoker_http_requests_total'), '{{handler}}'),
          'reqps',
        ),
        stoker.flow(
          'Errors',
          "Answers a second that were refusals (4xx: the client's fault) or errors (5xx: Stoker's), by handler and code. Nothing is shown "
          + 'while there are none.',
          8,
          stoker.rare(rated('handler, code', 'stoker_http_requests_total', 'code=~"[45].."') + ' > 0', '{{code}} {{handler}}'),
          'reqps',
          more=stoker.unseen,
        ),
        stoker.lines(
          'Duration',
          'Time to answer, by handler: 99 % of the requests took less.',
          8,
          quantile(0.99, 'stoker_http_request_duration_seconds', 'handler', '{{handler}}'),
          's',
          more=thin,
        ),
      ],
      [
        stoker.lines(
          'Connections',
          'Open connections, requests that are being answered, and clients that follow the event stream.',
          8,
          [
            stoker.range('sum(%s)' % node('stoker_http_connections'), 'connections'),
            stoker.range('sum(%s)' % node('stoker_http_requests_in_flight'), 'requests in flight'),
            stoker.range('sum(%s)' % node('stoker_event_stream_clients'), 'event stream'),
          ],
          'short',
          h=7,
          more=flat + stoker.defaults({ decimals: 0 }),
        ),
        stoker.lines(
          'Waiting answers',
          'Bytes of answers that wait for slow readers, and 64 KiB for each stream. At 32 MiB those are cut that have waited longest.',
          8,
          stoker.range(node('stoker_http_waiting_bytes'), 'waiting ({{instance}})'),
          'bytes',
          h=7,
          more=flat,
        ),
        stoker.bars(
          'Rejected requests',
          'Requests and connections that were turned away in each interval, by reason. Empty while there are none.',
          8,
          stoker.rare(counted('reason', 'stoker_http_rejected_requests_total') + ' > 0', '{{reason}}'),
          h=7,
          more=stoker.unseen,
        ),
      ],
    ]),
    stoker.row("Stoker's process", [
      [
        stoker.lines(
          'CPU',
          'CPU time that Stoker itself used a second, without its services: 1 is one core, busy all the time.',
          8,
          stoker.range(stoker.stokersRate('process_cpu_seconds_total'), 'CPU ({{instance}})'),
          'short',
          h=7,
        ),
        stoker.lines(
          'Memory',
          'Resident memory of Stoker itself.',
          8,
          stoker.range(stoker.stokers('process_resident_memory_bytes'), 'resident ({{instance}})'),
          'bytes',
          h=7,
        ),
        stoker.lines(
          'File descriptors',
          'Open file descriptors of Stoker itself, and their limit.',
          8,
          [
            stoker.range(stoker.stokers('process_open_fds'), 'open ({{instance}})'),
            stoker.range('min(%s)' % stoker.stokers('process_max_fds'), 'limit'),
          ],
          'short',
          h=7,
          more=flat + stoker.logarithmic + stoker.overrides([stoker.limitLine('limit')]),
        ),
      ],
    ]),
    stoker.folded('The cost of a scrape', [
      [
        stoker.lines(
          'Scrape duration',
          'The time that Stoker took to render its page, by its own clock, and the time of the scrape as Prometheus measured it.',
          8,
          [
            stoker.range(node('stoker_scrape_duration_seconds'), 'rendering ({{instance}})'),
            stoker.range(stoker.stokers('scrape_duration_seconds'), 'whole scrape ({{instance}})'),
          ],
          's',
          more=thin,
        ),
        stoker.lines(
          'Series',
          'Series on the page: about 100 for each service.',
          8,
          stoker.range(node('stoker_scrape_series'), 'series ({{instance}})'),
          'short',
          more=flat,
        ),
        stoker.lines(
          'Size',
          'Size of the page, before compression.',
          8,
          stoker.range(node('stoker_scrape_size_bytes'), 'size ({{instance}})'),
          'bytes',
          more=flat,
        ),
      ],
      [
        stoker.bars(
          'Collector errors',
          'Groups of metrics that could not be collected, and so were missing from a page, in each interval. Zero when all is well.',
          24,
          stoker.range(counted('collector', 'stoker_collector_errors_total'), '{{collector}}'),
          h=5,
        ),
      ],
    ]),
    stoker.folded('The registry', [
      [
        stoker.stacked(
          'Entries',
          'Entries of the registry, by status. expired: no heartbeat for longer than allowed.',
          8,
          stoker.range('sum by (status) (%s)' % node('stoker_registry_services'), '{{status}}'),
          h=7,
          more=stoker.defaults({ decimals: 0 }) + stoker.overrides(stoker.healthColors + stoker.colored(['expired', 'stopped'])),
        ),
        stoker.lines(
          'Heartbeats',
          'Heartbeats a second, of all entries, and entries that expired.',
          8,
          [
            stoker.range('sum without (name) (%s)' % stoker.rate(node('stoker_registry_heartbeats_total')), 'heartbeats ({{instance}})'),
            stoker.range('sum without (name) (%s)' % stoker.rate(node('stoker_registry_expirations_total')), 'expired ({{instance}})'),
          ],
          'ops',
          h=7,
          more=thin,
        ),
        stoker.lines(
          'Registry size',
          'Size of all entries together that registered themselves, and its limit: beyond it new ones are refused.',
          8,
          [
            stoker.range(node('stoker_registry_size_bytes'), 'size ({{instance}})'),
            stoker.range('min(%s)' % node('stoker_registry_size_limit_bytes'), 'limit'),
          ],
          'bytes',
          h=7,
          more=flat + stoker.overrides([stoker.limitLine('limit')]),
        ),
      ],
    ]),
    stoker.folded('Services, starts and threads', [
      [
        stoker.stacked(
          'Services by state',
          'How many services were in each state.',
          6,
          stoker.range('sum by (state) (%s)' % node('stoker_services'), '{{state}}'),
          h=7,
          more=stoker.defaults({ decimals: 0 }) + stoker.overrides(stoker.stateColors),
        ),
        stoker.lines(
          'Starts and stops',
          'How long starts took until a service was ready, and stops until it was gone, over all services: 99 % took less. Empty while '
          + 'no service starts or stops.',
          6,
          [
            quantile(0.99, 'stoker_service_start_duration_seconds', '', 'start, p99'),
            quantile(0.99, 'stoker_service_stop_duration_seconds', '', 'stop, p99'),
          ],
          's',
          h=7,
          more=stoker.noValue('none') + stoker.custom({ fillOpacity: 0, showPoints: 'always' }),
        ),
        stoker.lines(
          'Resolving the dependency graph',
          'Time that the last resolution of the dependency graph took.',
          6,
          stoker.range(node('stoker_dependency_resolution_duration_seconds'), 'resolving ({{instance}})'),
          's',
          h=7,
          more=flat,
        ),
        stoker.lines(
          'Threads',
          'Threads of Stoker itself.',
          6,
          stoker.range(stoker.stokers('process_threads'), 'threads ({{instance}})'),
          'short',
          h=7,
          more=flat + stoker.defaults({ decimals: 0 }),
        ),
      ],
    ]),
  ],
  variables=stoker.variables(stoker.hiddenName),
)
