// The fleet: services that are down now, restarts, and the uptime of each service.
local stoker = import 'stoker.libsonnet';

local service = stoker.service;
local values = stoker.values;

local done = values(service('stoker_service_state', 'state=~"running|completed"'), 'state');

/// Neither running (or done) nor healthy, and not stopped on request.
local wrong = |||
  (
    %s
    + %s
    < 2
    unless ignoring (state) %s == 1
  )
||| % [
  done,
  values(service('stoker_service_health', 'status="healthy"'), 'status'),
  service('stoker_service_state', 'state="stopped"'),
];
local ofWrong(expr) = '%s\nand ignoring (state, status) %s' % [expr, std.rstripChars(wrong, '\n')];
local valueOfWrong(metric) = ofWrong(values(service(metric)));

local identity = [
  { title: 'Service', label: 'name', set: { links: [stoker.toServiceFromTable] } },
  { title: 'Instance', label: 'instance' },
  { title: 'Job', label: 'job', set: { 'custom.hidden': true } },
];
local word = { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } };
local colored = { 'custom.cellOptions': { type: 'color-text' } };
local ago = { unit: 'dateTimeFromNow' };

local rare(expr, least='0') = stoker.rare('%s > %s' % [expr, least], '{{name}} ({{instance}})');
local ofWindow(metric, window) = service(metric, 'window="%s"' % window);
local ratioOf(window) = ofWindow('stoker_service_uptime_ratio', window);
local uptime(window) = values('%s and %s' % [ratioOf(window), stoker.isKnown(window)], 'window');
local soFar(metric) = values('%s unless %s' % [ofWindow(metric, '7d'), stoker.isKnown('7d')], 'window');
/// The part of a window in which a service was down, in parts of what the objective allows: what is not known was good.
local burnt(window) = values('(1 - %s) * %s / %d / (1 - $objective)' % [ratioOf(window), stoker.known(window), stoker.windows[window]], 'window');
local ratio = stoker.steps('red', [[0.95, 'yellow'], [0.99, 'green']]);

local objective = {
  type: 'custom',
  name: 'objective',
  label: 'Objective',
  description: 'The share of checks that should pass; the error budget is the rest.',
  query: '99 % : 0.99,99.5 % : 0.995,99.9 % : 0.999,99.95 % : 0.9995',
  options: [
    { text: '99 %', value: '0.99', selected: false },
    { text: '99.5 %', value: '0.995', selected: false },
    { text: '99.9 %', value: '0.999', selected: true },
    { text: '99.95 %', value: '0.9995', selected: false },
  ],
  current: { text: '99.9 %', value: '0.999' },
  multi: false,
  includeAll: false,
};

stoker.board(
  'stoker-overview',
  'Stoker / Overview',
  'The services of one or many Stokers: services that are down, the health of the others, and restarts with their reasons.',
  [
    stoker.row(null, [
      [
        stoker.stat(
          'Stokers not answering',
          'Stokers that Prometheus cannot scrape now. The state of their services is unknown. The choice of services does not matter here.',
          3,
          stoker.instant('sum(1 - %s)' % stoker.stokers('up'), 'not answering'),
          more=stoker.defaults({ noValue: 'unknown', thresholds: stoker.steps('green', [[1, 'red']]) }),
        ),
        stoker.stat(
          'Ready',
          'Whether every critical service of every chosen Stoker is running or completed. The choice of services does not matter here.',
          3,
          stoker.instant('min(%s)' % stoker.node('stoker_ready'), 'ready'),
          'none',
          more=stoker.defaults({ noValue: 'unknown', mappings: stoker.yesNo('ready', 'not ready') }),
        ),
        stoker.stat(
          'Health',
          'The worst composite health among the chosen Stokers: unhealthy if any service is, else degraded if any is. Services that are '
          + 'disabled or stopped on request do not count. The choice of services does not matter here.',
          3,
          stoker.instant('max(%s)' % stoker.nodeHealthCode, 'health'),
          'none',
          more=stoker.defaults({ noValue: 'unknown', mappings: stoker.codeMapping }),
        ),
        stoker.stat(
          'Down',
          'Chosen services that should be running, and are neither running nor completed now.',
          3,
          stoker.instant(
            'sum(%s * (1 - %s))' % [service('stoker_service_desired_up'), done], 'down'
          ),
          more=stoker.defaults({ noValue: 'unknown', thresholds: stoker.steps('green', [[1, 'red']]) }),
        ),
        stoker.stat(
          'Services now',
          'How many of the chosen services are in each state now. waiting: for a dependency. backoff: until the next restart is due. '
          + 'completed: a oneshot that is done. failed: Stoker gave up.',
          12,
          stoker.instant('sum by (state) (%s) > 0' % service('stoker_service_state'), '{{state}}'),
          more=stoker.defaults({ decimals: 0, noValue: 'no services' })
               + stoker.overrides(stoker.stateColors) + stoker.options({ textMode: 'value_and_name' }),
        ),
      ],
      [
        stoker.table(
          'Down or not well right now',
          'Chosen services that are neither running nor completed, or not healthy; those stopped on request are left out. Empty when all '
          + 'is well. Restarts left: automatic ones, before Stoker gives up. `stoker why NAME` shows the cause of each; a click on the name opens '
          + 'its dashboard.',
          24,
          identity + [
            { title: 'State', label: 'state', set: word },
            { title: 'Health', label: 'status', set: word },
            { title: '1', drop: true, expr: ofWrong(values(service('stoker_service_state') + ' == 1')) },
            { title: '2', drop: true, expr: ofWrong(values(service('stoker_service_health') + ' == 1')) },
            {
              title: 'Restarts left',
              expr: ofWrong('(%s - %s)' % [service('stoker_service_restart_limit'), service('stoker_service_restart_attempts')]),
            },
            {
              title: 'Next attempt',
              expr: ofWrong('(%s > 0) * 1000' % values(service('stoker_service_next_restart_timestamp_seconds'))),
              set: ago,
            },
            { title: 'Last exit', expr: ofWrong(service('stoker_service_last_exit_timestamp_seconds') + ' * 1000'), set: ago },
            { title: 'Exit code', expr: valueOfWrong('stoker_service_last_exit_code') },
            { title: 'Signal', expr: valueOfWrong('stoker_service_last_exit_signal'), set: stoker.signals },
            { title: 'Failed checks', expr: valueOfWrong('stoker_health_check_consecutive_failures') },
            {
              title: 'Dependencies down',
              expr: ofWrong('count without (depends_on, kind) (%s == 0)' % service('stoker_service_dependency_ready')),
            },
          ],
          h=7,
          sort={ displayName: 'Service', desc: false },
          more=stoker.defaults({ noValue: 'all is well', mappings: stoker.wordMapping }),
        ),
      ],
      [
        stoker.timeline(
          'State of each service',
          'One bar for each service, coloured by its state. A gap is a time when Stoker could not be scraped. A state shorter than a scrape '
          + 'interval may be missing: restarts are counted below.',
          24,
          stoker.range(stoker.stateCode, '{{name}} ({{instance}})'),
          stoker.codeMapping,
          h=10,
          more=stoker.toService,
        ),
      ],
    ]),
    stoker.row('How many', [
      [
        stoker.stacked(
          'Services by state',
          'How many of the chosen services were in each state.',
          12,
          stoker.range('sum by (state) (%s)' % service('stoker_service_state'), '{{state}}'),
          h=7,
          more=stoker.defaults({ decimals: 0 }) + stoker.overrides(stoker.stateColors),
        ),
        stoker.stacked(
          'Services by health',
          'How many of the chosen services were healthy, degraded, unhealthy and unknown. unknown: not checked yet, or stopped on request.',
          12,
          stoker.range('sum by (status) (%s)' % service('stoker_service_health'), '{{status}}'),
          h=7,
          more=stoker.defaults({ decimals: 0 }) + stoker.overrides(stoker.healthColors),
        ),
      ],
    ]),
    stoker.row('Restarts and failed checks', [
      [
        stoker.bars(
          'Restarts by reason',
          'Restarts of the chosen services in each interval, by reason. Empty where there was none.',
          12,
          stoker.rare('sum by (reason) (%s) > 0' % stoker.increase(service('stoker_service_restarts_total')), '{{reason}}'),
          more=stoker.overrides(stoker.reasonColors) + stoker.unseen,
        ),
        stoker.bars(
          'Restarts by service',
          'Restarts of the chosen services in each interval. Services that were not restarted are not shown.',
          12,
          rare('sum without (reason) (%s)' % stoker.increase(service('stoker_service_restarts_total'))),
          more=stoker.toServiceFromFirst + stoker.unseen,
        ),
      ],
      [
        stoker.bargauge(
          'Top restarters',
          'The ten services that were restarted most often in the chosen time, by hand or by Stoker. Empty when nothing was.',
          12,
          stoker.rare(
            'sort_desc(topk(10, sum without (reason) (increase(%s[$__range])) > 0.5))' % service('stoker_service_restarts_total'),
            '{{name}} ({{instance}})',
            stoker.instant,
          ),
          more=stoker.defaults({ decimals: 0, color: { mode: 'fixed', fixedColor: 'orange' } }) + stoker.toServiceFromFirst,
        ),
        stoker.bars(
          'Failed health checks',
          'Health checks of the chosen services that failed in each interval. Services without a failed check are not shown.',
          12,
          rare(stoker.increase(service('stoker_health_check_failures_total'))),
          more=stoker.toServiceFromFirst + stoker.unseen,
        ),
      ],
    ]),
    stoker.row('Uptime and error budget', [
      [
        stoker.table(
          'Uptime',
          'Share of the time in which a service should have been up that it was up and passed its checks, over the last hour, day and week, '
          + 'as Stoker itself keeps it. Time stopped on request does not count. A window has a value once nine tenths of it are known; until '
          + 'then, So far is the share of the time that is known. Empty for a oneshot. Budget left: what the week leaves of the failures that '
          + 'the objective allows; below zero it is overdrawn, and -100 % stands for anything worse.',
          12,
          identity + [
            { title: '1 h', expr: uptime('1h'), set: colored },
            { title: '24 h', expr: uptime('24h'), set: colored },
            { title: '7 d', expr: uptime('7d'), set: colored },
            { title: 'So far', expr: soFar('stoker_service_uptime_ratio'), set: colored },
            {
              title: 'Known',
              expr: soFar('stoker_service_uptime_known_seconds'),
              set: { unit: 's', decimals: 0, thresholds: stoker.steps('text', []) },
            },
            {
              title: 'Budget left',
              expr: 'clamp_min(1 - %s, -1)' % burnt('7d'),
              set: {
                decimals: 0,
                thresholds: stoker.steps('red', [[0, 'yellow'], [0.25, 'green']]),
                'custom.cellOptions': { type: 'color-background', mode: 'basic' },
              },
            },
          ],
          h=10,
          sort={ displayName: 'Budget left', desc: false },
          more=stoker.defaults({ unit: 'percentunit', decimals: 2, noValue: 'unknown', thresholds: ratio }),
        ),
        stoker.lines(
          'Error budget burn',
          'How many times faster than the objective allows each service used up its error budget in the hour before: at 1 the budget lasts '
          + "exactly its time, at 14.4 a month's budget is gone in two days. The axis is logarithmic; services below a tenth are not shown.",
          12,
          rare(burnt('1h'), '0.1'),
          'short',
          h=10,
          more=stoker.custom({ fillOpacity: 0, thresholdsStyle: { mode: 'dashed' }, axisSoftMax: 100 }) + stoker.logarithmic
               + stoker.defaults({ min::: 0.1, thresholds: stoker.steps('transparent', [[1, 'yellow'], [14.4, 'red']]) })
               + stoker.toServiceFromFirst + stoker.unseen,
        ),
      ],
    ]),
  ],
  variables=stoker.variables() + [objective],
)
