// One service: its state and health, its checks (symptoms), its restarts, and the resources it uses (causes).
local stoker = import 'stoker.libsonnet';

local service = stoker.service;
local values = stoker.values;
local rateBy(labels, metric) = 'sum by (%s) (%s)' % [labels, stoker.rate(service(metric))];
local increaseBy(labels, metric) = 'sum by (%s) (%s)' % [labels, stoker.increase(service(metric))];

local duration = 'stoker_health_check_duration_seconds';
local ago = { unit: 'dateTimeFromNow' };
local quantile(name, value) = stoker.range(stoker.quantile(value, stoker.nativeOrClassic(service, duration)), name);
local flat = stoker.custom({ fillOpacity: 0, lineInterpolation: 'stepAfter' });
/// The windows whose values mean them.
local whole = '(%s)' % std.join(' or ', [stoker.isKnown(window) for window in std.objectFields(stoker.windows)]);
/// Why the service was restarted, from then on until its next run ends. Not told where other reasons are as near, since those may be of runs before.
local recent = stoker.increase(service('stoker_service_restarts_total')) + ' > 0';
local restartedFor = |||
  %s
  and ignoring (reason) count without (reason) (%s) == 1
  and ignoring (reason) %s >= %s
||| % [
  recent,
  recent,
  service('stoker_service_last_restart_timestamp_seconds'),
  service('stoker_service_last_exit_timestamp_seconds'),
];
local unchecked = stoker.noValue('no health check');
local unread = stoker.noValue('cannot be read');
local dependency = stoker.yesNo('ready', 'not ready');

stoker.board(
  'stoker-service',
  'Stoker / Service',
  'One service: its state and health, its checks, its restarts and exits, its resources, its output and its dependencies.',
  [
    stoker.row(null, [
      [
        stoker.stat(
          'State',
          'The state now. backoff: until the next restart is due. completed: a oneshot that is done. failed: Stoker gave up.',
          3,
          stoker.instant(stoker.stateCode, '{{instance}}'),
          'none',
          more=stoker.defaults({ noValue: 'unknown', mappings: stoker.codeMapping }),
        ),
        stoker.stat(
          'Health',
          'The health now. degraded: fails checks, though not often enough in a row to be unhealthy. unknown: not checked yet, or stopped '
          + 'on request.',
          3,
          stoker.instant(stoker.healthCode, '{{instance}}'),
          'none',
          more=stoker.defaults({ noValue: 'unknown', mappings: stoker.codeMapping }),
        ),
        stoker.stat(
          'Running for',
          'Age of the present process; "not running" while there is none.',
          3,
          stoker.instant('time() - %s' % service('stoker_service_start_time_seconds'), '{{instance}}'),
          's',
          more=stoker.defaults({ decimals: 0, noValue: 'not running' }),
        ),
        stoker.stat(
          'Restarts',
          'Restarts in the chosen time, by hand or by Stoker.',
          3,
          stoker.instant('round(sum without (reason) (increase(%s[$__range])))' % service('stoker_service_restarts_total'), '{{instance}}'),
          more=stoker.defaults({ decimals: 0, noValue: 'unknown', thresholds: stoker.steps('text', [[1, 'orange']]) }),
        ),
        stoker.stat(
          'Restart attempts left',
          'Automatic restarts that are left before Stoker gives up; the count is reset once the service has run well for a while. Infinite '
          + 'where the service file sets no limit.',
          3,
          stoker.instant('%s - %s' % [service('stoker_service_restart_limit'), service('stoker_service_restart_attempts')], '{{instance}}'),
          more=stoker.defaults({ decimals: 0, noValue: 'unknown', thresholds: stoker.steps('red', [[1, 'orange'], [2, 'text']]) }),
        ),
        stoker.stat(
          'Last exit',
          'When a run of the service last ended; "never" before the first end.',
          3,
          stoker.instant('%s * 1000' % service('stoker_service_last_exit_timestamp_seconds'), '{{instance}}'),
          'dateTimeFromNow',
          more=stoker.defaults({ noValue: 'never' }),
        ),
        stoker.stat(
          'Uptime',
          'Share of the time in which the service should have been up that it was up and passed its checks, over the last hour, day and week, as '
          + 'Stoker itself keeps it. Time stopped on request does not count, nor does the wait before its first start. A window is shown once nine '
          + 'tenths of it are known; "so far" is all that is known, until that is a week.',
          6,
          stoker.instant(
            'avg by (window) (%s and %s)\nor label_replace(avg(%s unless %s), "window", "so far", "", "")' % [
              service('stoker_service_uptime_ratio'),
              whole,
              service('stoker_service_uptime_ratio', 'window="7d"'),
              stoker.isKnown('7d'),
            ],
            '{{window}}'
          ),
          'percentunit',
          more=stoker.defaults({ decimals: 2, noValue: 'unknown', thresholds: stoker.steps('red', [[0.95, 'yellow'], [0.99, 'green']]) })
               + stoker.options({ textMode: 'value_and_name' }),
        ),
      ],
      [
        stoker.timeline(
          'State and health',
          'State, health and the result of the last check over time. A gap is a time when Stoker could not be scraped, or when nothing was known. '
          + 'A state shorter than a scrape interval may be missing.',
          24,
          [
            stoker.range(stoker.stateCode, 'state ({{instance}})'),
            stoker.range(stoker.healthCode, 'health ({{instance}})'),
            stoker.range(
              // A result is not of now once there is no process.
              '20 + %s\nunless ignoring (state) %s == 1' % [
                service('stoker_health_check_status'),
                service('stoker_service_state', 'state=~"stopped|waiting|backoff|completed|failed"'),
              ],
              'check ({{instance}})'
            ),
          ],
          stoker.mapping(
            stoker.codeMapping[0].options {
              '20': { text: 'failed its check', color: stoker.colors.failed, index: 20 },
              '21': { text: 'passed its check', color: stoker.colors.passed, index: 21 },
            }
          ),
          h=6,
        ),
      ],
    ]),
    stoker.row('Restarts and exits', [
      [
        stoker.table(
          'Runs that ended',
          'Runs of the service that ended in the chosen time: when, with which exit code or by which signal, and why the next one was started. '
          + 'Empty until there is one. A run between two points of the chosen time may be missing; the bars count all of them.',
          12,
          [
            { title: 'Ended', expr: service('stoker_service_last_exit_timestamp_seconds') + ' * 1000', set: { unit: 'dateTimeAsIso' } },
            { title: 'Instance', label: 'instance' },
            { title: 'Service', label: 'name', set: { 'custom.hidden': true } },
            { title: 'Job', label: 'job', set: { 'custom.hidden': true } },
            {
              title: 'Exit code',
              expr: values(service('stoker_service_last_exit_code')),
              set: { thresholds: stoker.steps('green', [[1, stoker.colors.exit]]), 'custom.cellOptions': { type: 'color-text' } },
            },
            { title: 'Signal', expr: values(service('stoker_service_last_exit_signal')), set: stoker.signals },
            {
              title: 'Restarted for',
              label: 'reason',
              last: true,
              set: { mappings: stoker.reasonMapping, 'custom.cellOptions': { type: 'color-text' } },
            },
            { title: '1', drop: true, expr: restartedFor },
          ],
          h=8,
          sort={ displayName: 'Ended', desc: true },
          distinct=true,
          more=stoker.noValue('none known'),
        ),
        stoker.bars(
          'Restarts by reason',
          'Restarts in each interval, by reason. Empty where there was none.',
          12,
          stoker.rare(increaseBy('reason', 'stoker_service_restarts_total') + ' > 0', '{{reason}}'),
          more=stoker.overrides(stoker.reasonColors) + stoker.unseen,
        ),
      ],
      [
        stoker.bars(
          'Exits',
          'Ends of the main process in each interval, by their outcome; and stops that ended in SIGKILL.',
          8,
          [
            stoker.range(increaseBy('outcome', 'stoker_service_exits_total'), '{{outcome}}'),
            stoker.range('sum(%s)' % stoker.increase(service('stoker_service_stop_kills_total')), 'killed on stop'),
          ],
          h=7,
          more=stoker.overrides(stoker.colored(['success', 'failure', 'signal', 'oom', 'killed on stop'])),
        ),
        stoker.bars(
          'Failed starts',
          'Starts that failed in each interval, by the failed stage: the program itself, a hook before it, or its readiness.',
          8,
          stoker.range(increaseBy('stage', 'stoker_service_start_failures_total'), 'at {{stage}}'),
          h=7,
          more=stoker.overrides(stoker.colored(['at spawn', 'at hook', 'at ready'])),
        ),
        stoker.stacked(
          'Share of time by state',
          'The share of each interval that the service spent in each state. Unlike the state itself, this includes states between scrapes.',
          8,
          stoker.range(rateBy('state', 'stoker_service_state_seconds_total') + ' > 0', '{{state}}'),
          'percentunit',
          h=7,
          more=stoker.overrides(stoker.stateColors),
        ),
      ],
      [
        stoker.lines(
          'Restart attempts',
          'Automatic restarts in a row, and the number after which Stoker gives up (not drawn where there is no limit).',
          12,
          [
            stoker.range(service('stoker_service_restart_attempts'), 'attempts ({{instance}})'),
            stoker.range('min(%s) < Inf' % service('stoker_service_restart_limit'), 'limit'),
          ],
          'short',
          h=6,
          more=flat + stoker.defaults({ decimals: 0 }) + stoker.overrides([stoker.limitLine('limit')]),
        ),
        stoker.lines(
          'Back-off',
          'The delay before the next restart, and the remaining part of it. Zero while no restart is due.',
          12,
          [
            stoker.range(service('stoker_service_backoff_seconds'), 'delay ({{instance}})'),
            stoker.range(
              'clamp_min(%s - time(), 0)' % service('stoker_service_next_restart_timestamp_seconds'), 'left ({{instance}})'
            ),
          ],
          's',
          h=6,
          more=flat,
        ),
      ],
    ]),
    stoker.row('Health checks', [
      [
        stoker.lines(
          'Check latency',
          'Response times of the health checks: median, 90 % and 99 % of them, and the timeout.',
          12,
          [
            quantile('p50', 0.5),
            quantile('p90', 0.9),
            quantile('p99', 0.99),
            stoker.range('min(%s)' % service('stoker_health_check_timeout_seconds'), 'timeout'),
          ],
          's',
          more=unchecked + stoker.custom({ fillOpacity: 0 }) + stoker.logarithmic
               + stoker.overrides(stoker.colored(['p50', 'p90', 'p99']) + [stoker.limitLine('timeout')]),
        ),
        stoker.heatmap(
          'Check latency in buckets',
          'The same answers by response time: the darker, the more of them in a second.',
          12,
          stoker.heat(stoker.nativeOrClassic(service, duration)),
          more=unchecked,
        ),
      ],
      [
        stoker.bars(
          'Checks',
          'Health checks in each interval that passed and that failed.',
          8,
          [
            stoker.range(
              'sum(%s)\n- sum(%s)' % [
                stoker.increase(service('stoker_health_checks_total')),
                stoker.increase(service('stoker_health_check_failures_total')),
              ],
              'passed'
            ),
            stoker.range('sum(%s)' % stoker.increase(service('stoker_health_check_failures_total')), 'failed'),
          ],
          more=unchecked + stoker.overrides(stoker.colored(['passed', 'failed'])),
        ),
        stoker.lines(
          'Failed checks in a row',
          'Failed health checks in a row, and the number that makes the service unhealthy.',
          8,
          [
            stoker.range(service('stoker_health_check_consecutive_failures'), 'failures ({{instance}})'),
            stoker.range('min(%s)' % service('stoker_health_check_failure_threshold'), 'threshold'),
          ],
          'short',
          more=unchecked + flat + stoker.defaults({ decimals: 0 }) + stoker.overrides([stoker.limitLine('threshold')]),
        ),
        stoker.lines(
          'Time since the last check',
          'The time since the last check. It rises to the interval that the service file sets, and beyond it only while no check runs.',
          8,
          [
            stoker.range('time() - %s' % service('stoker_health_check_last_run_timestamp_seconds'), 'last check ({{instance}})'),
            stoker.range('max(%s)' % service('stoker_health_check_interval_seconds'), 'interval'),
          ],
          's',
          more=unchecked + stoker.custom({ fillOpacity: 0 }) + stoker.overrides([stoker.limitLine('interval')]),
        ),
      ],
    ]),
    stoker.row('What it uses', [
      [
        stoker.flow(
          'CPU',
          'CPU time used a second by the whole process tree: 1 is one core, busy all the time.',
          8,
          stoker.range(rateBy('mode', 'stoker_service_cpu_seconds_total'), '{{mode}}'),
          'short',
          more=unread + stoker.overrides(stoker.colored(['user', 'system'])),
        ),
        stoker.lines(
          'Memory',
          'Resident memory of the whole process tree.',
          8,
          stoker.range(service('stoker_service_resident_memory_bytes'), 'resident ({{instance}})'),
          'bytes',
          more=unread,
        ),
        stoker.flow(
          'I/O',
          'Bytes a second that the process tree read from and wrote to disks.',
          8,
          [
            stoker.range('sum(%s)' % stoker.rate(service('stoker_service_io_read_bytes_total')), 'read'),
            stoker.range('sum(%s)' % stoker.rate(service('stoker_service_io_write_bytes_total')), 'write'),
          ],
          'Bps',
          more=unread + stoker.overrides(stoker.colored(['read', 'write'])),
        ),
      ],
      [
        stoker.lines(
          'File descriptors',
          'Open file descriptors of the process of the tree that is closest to its limit, and (on the right) the used share of that limit.',
          12,
          [
            stoker.range(service('stoker_service_open_fds'), 'open ({{instance}})'),
            stoker.range('%s\n/ %s' % [service('stoker_service_open_fds'), service('stoker_service_max_fds')], 'share of the limit ({{instance}})'),
          ],
          'short',
          h=7,
          more=unread + stoker.custom({ fillOpacity: 0 }) + stoker.overrides([{
            matcher: { id: 'byRegexp', options: 'share.*' },
            properties: [{ id: 'unit', value: 'percentunit' }, { id: 'max', value: 1 }, { id: 'custom.axisPlacement', value: 'right' }],
          }]),
        ),
        stoker.lines(
          'Processes and threads',
          'Processes of the tree, and all their threads.',
          12,
          [
            stoker.range(service('stoker_service_processes'), 'processes ({{instance}})'),
            stoker.range(service('stoker_service_threads'), 'threads ({{instance}})'),
          ],
          'short',
          h=7,
          more=unread + flat + stoker.defaults({ decimals: 0 }),
        ),
      ],
    ]),
    stoker.row('What it says', [
      [
        stoker.flow(
          'Lines',
          'Lines a second that the service wrote, by stream.',
          12,
          stoker.range(rateBy('stream', 'stoker_service_log_lines_total'), '{{stream}}'),
          'ops',
          h=6,
          more=stoker.overrides(stoker.colored(['stdout', 'stderr'])),
        ),
        stoker.flow(
          'Bytes',
          'Bytes a second that the service wrote, by stream, and those of both that were lost (part of the others).',
          12,
          [
            stoker.range(rateBy('stream', 'stoker_service_log_bytes_total'), '{{stream}}'),
            stoker.range('sum(%s)' % stoker.rate(service('stoker_service_log_dropped_bytes_total')), 'dropped'),
          ],
          'Bps',
          h=6,
          more=stoker.overrides(stoker.colored(['stdout', 'stderr']) + [stoker.limitLine('dropped')]),
        ),
      ],
    ]),
    stoker.row('What it depends on', [
      [
        stoker.timeline(
          'Dependencies',
          'Whether each dependency was ready. A required one must be ready before the service starts; an optional one is waited for only while '
          + 'it is starting.',
          12,
          stoker.range(service('stoker_service_dependency_ready'), '{{depends_on}}, {{kind}} ({{instance}})'),
          dependency,
          h=6,
          more=stoker.noValue('none') + stoker.link(
            'Open ${__field.labels.depends_on}',
            stoker.serviceBoard('${__field.labels.job}', '${__field.labels.instance}', '${__field.labels.depends_on}')
          ),
        ),
        stoker.timeline(
          'Dependents',
          'The state of the services that depend on this one.',
          12,
          stoker.range(
            '%s\nand ignoring (depends_on, kind) %s' % [
              std.strReplace(stoker.stateCode, ',name=~"$name"', ''),
              stoker.node('stoker_service_dependency_ready', 'depends_on=~"$name"'),
            ],
            '{{name}} ({{instance}})'
          ),
          stoker.codeMapping,
          h=6,
          more=stoker.noValue('none') + stoker.toService,
        ),
      ],
    ]),
    stoker.folded('Starts, waiting and heartbeats', [
      [
        stoker.lines(
          'Last start and stop',
          'How long the last start took until the service was ready, and the last stop until it was gone.',
          8,
          [
            stoker.range(service('stoker_service_last_start_duration_seconds'), 'start ({{instance}})'),
            stoker.range(service('stoker_service_last_stop_duration_seconds'), 'stop ({{instance}})'),
          ],
          's',
          h=7,
          more=flat,
        ),
        stoker.lines(
          'Waiting for dependencies',
          'How long the service has waited for its dependencies; zero while it does not wait.',
          8,
          stoker.range(service('stoker_service_waiting_seconds'), 'waiting ({{instance}})'),
          's',
          h=7,
          more=flat,
        ),
        stoker.lines(
          'Heartbeats',
          'The time since the last heartbeat, and the time after which the entry in the registry counts as dead.',
          8,
          [
            stoker.range('time() - %s' % service('stoker_registry_last_heartbeat_timestamp_seconds'), 'last heartbeat ({{instance}})'),
            stoker.range('min(%s) < Inf' % service('stoker_registry_heartbeat_timeout_seconds'), 'timeout'),
          ],
          's',
          h=7,
          more=stoker.noValue('no heartbeats') + stoker.custom({ fillOpacity: 0 }) + stoker.overrides([stoker.limitLine('timeout')]),
        ),
      ],
    ]),
  ],
  variables=stoker.variables(stoker.oneName),
)
