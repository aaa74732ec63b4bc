// The fleet: services that are down now, restarts, and the uptime of each service.
local stoker = import 'stoker.libsonnet';

local service = stoker.service;
local each = stoker.each;

/// Neither running (or done) nor healthy, and not stopped on request.
local wrong = |||
  (
    sum by (%s) (%s)
    + sum by (%s) (%s)
    < 2
    unless on (%s) %s == 1
  )
||| % [
  each,
  service('stoker_service_state', 'state=~"running|completed"'),
  each,
  service('stoker_service_health', 'status="healthy"'),
  each,
  service('stoker_service_state', 'state="stopped"'),
];
local ofWrong(expr) = '%s\nand on (%s) %s' % [expr, each, std.rstripChars(wrong, '\n')];
local perService(metric, matchers='') = 'sum by (%s) (%s)' % [each, service(metric, matchers)];

local identity = [
  { title: 'Service', label: 'name', set: { links: [stoker.toServiceFromTable] } },
  { title: 'Instance', label: 'instance' },
  { title: 'Job', label: 'job', set: { 'custom.hidden': true } },
];
local word = { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } };
local ago = { unit: 'dateTimeFromNow' };

local uptime(window) = perService('stoker_service_uptime_ratio', 'window="%s"' % window);
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
          more=stoker.defaults({ noValue: 'no data', thresholds: stoker.steps('green', [[1, 'red']]) }),
        ),
        stoker.stat(
          'Ready',
          'Whether every critical service of every chosen Stoker is running or completed. The choice of services does not matter here.',
          3,
          stoker.instant('min(%s)' % stoker.node('stoker_ready'), 'ready'),
          'none',
          more=stoker.defaults({ noValue: 'no data', mappings: stoker.yesNo('ready', 'not ready') }),
        ),
        stoker.stat(
          'Health',
          'The worst composite health among the chosen Stokers: unhealthy if any service is, else degraded if any is. Services that are '
          + 'disabled or stopped on request do not count. The choice of services does not matter here.',
          3,
          stoker.instant('max(%s)' % stoker.nodeHealthCode, 'health'),
          'none',
          more=stoker.defaults({ noValue: 'no data', mappings: stoker.codeMapping }),
        ),
        stoker.stat(
          'Down',
          'Chosen services that should be running, and are neither running nor completed now.',
          3,
          stoker.instant(
            'sum(\n  %s\n  * on (%s) (1 - %s)\n)'
            % [service('stoker_service_desired_up'), each, perService('stoker_service_state', 'state=~"running|completed"')],
            'down'
          ),
          more=stoker.defaults({ noValue: 'no data', thresholds: stoker.steps('green', [[1, 'red']]) }),
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
          + 'is well. `stoker why NAME` shows the cause of each; a click on the name opens its dashboard.',
          24,
          identity + [
            { title: 'State', label: 'state', set: word },
            { title: 'Health', label: 'status', set: word },
            { title: '1', drop: true, expr: ofWrong('sum by (%s, state) (%s == 1)' % [each, service('stoker_service_state')]) },
            { title: '2', drop: true, expr: ofWrong('sum by (%s, status) (%s == 1)' % [each, service('stoker_service_health')]) },
            { title: 'Restart attempts', expr: ofWrong(perService('stoker_service_restart_attempts')) },
            { title: 'Restart limit', expr: ofWrong(perService('stoker_service_restart_limit')) },
            {
              title: 'Next attempt',
              expr: ofWrong('(sum by (%s) (%s) > 0) * 1000' % [each, service('stoker_service_next_restart_timestamp_seconds')]),
              set: ago,
            },
            { title: 'Last exit', expr: ofWrong(perService('stoker_service_last_exit_timestamp_seconds') + ' * 1000'), set: ago },
            { title: 'Failed checks', expr: ofWrong(perService('stoker_health_check_consecutive_failures')) },
            {
              title: 'Dependencies down',
              expr: ofWrong('count by (%s) (%s == 0)' % [each, service('stoker_service_dependency_ready')]),
            },
          ],
          h=7,
          sort={ displayName: 'Service', desc: false },
          more=stoker.defaults({ noValue: '', mappings: stoker.wordMapping }),
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
          stoker.range(
            'sum by (reason) (%s) > 0' % stoker.increase(service('stoker_service_restarts_total')), '{{reason}}'
          ),
          more=stoker.overrides(stoker.reasonColors),
        ),
        stoker.bars(
          'Restarts by service',
          'Restarts of the chosen services in each interval. Services that were not restarted are not shown.',
          12,
          stoker.range(
            'sum by (%s) (%s) > 0' % [each, stoker.increase(service('stoker_service_restarts_total'))], '{{name}} ({{instance}})'
          ),
          more=stoker.toService,
        ),
      ],
      [
        stoker.bargauge(
          'Top restarters',
          'The ten services that were restarted most often in the chosen time, by hand or by Stoker. Empty when nothing was.',
          12,
          stoker.instant(
            'sort_desc(topk(10, sum by (%s) (increase(%s[$__range])) > 0.5))' % [each, service('stoker_service_restarts_total')],
            '{{name}} ({{instance}})'
          ),
          more=stoker.defaults({ decimals: 0, noValue: 'none', color: { mode: 'fixed', fixedColor: 'orange' } }) + stoker.toService,
        ),
        stoker.bars(
          'Failed health checks',
          'Health checks of the chosen services that failed in each interval. Services without a failed check are not shown.',
          12,
          stoker.range(
            'sum by (%s) (%s) > 0' % [each, stoker.increase(service('stoker_health_check_failures_total'))], '{{name}} ({{instance}})'
          ),
          more=stoker.toService,
        ),
      ],
    ]),
    stoker.row('Uptime and error budget', [
      [
        stoker.table(
          'Uptime',
          'Share of the time in which a service should have been up that it was up and passed its checks, over the last hour, day and week, '
          + 'as Stoker itself keeps it. Time stopped on request does not count; empty where nothing is known, and for a oneshot. Known: how much '
          + 'of the week the figures are about. Budget left: what the week leaves of the failures that the objective allows; below zero it is '
          + 'overdrawn, and -100 % stands for anything worse.',
          12,
          identity + [
            { title: '1 h', expr: uptime('1h'), set: { 'custom.cellOptions': { type: 'color-text' } } },
            { title: '24 h', expr: uptime('24h'), set: { 'custom.cellOptions': { type: 'color-text' } } },
            { title: '7 d', expr: uptime('7d'), set: { 'custom.cellOptions': { type: 'color-text' } } },
            {
              title: 'Known',
              expr: perService('stoker_service_uptime_known_seconds', 'window="7d"'),
              set: { unit: 's', decimals: 0, thresholds: stoker.steps('text', []) },
            },
            {
              title: 'Budget left',
              expr: 'clamp_min(1 - (1 - %s) / (1 - $objective), -1)' % uptime('7d'),
              set: {
                decimals: 0,
                thresholds: stoker.steps('red', [[0, 'yellow'], [0.25, 'green']]),
                'custom.cellOptions': { type: 'color-background', mode: 'basic' },
              },
            },
          ],
          h=10,
          sort={ displayName: '7 d', desc: false },
          more=stoker.defaults({ unit: 'percentunit', decimals: 2, thresholds: ratio }),
        ),
        stoker.lines(
          'Error budget burn',
          'How many times faster than the objective allows each service used up its error budget in the hour before: at 1 the budget lasts '
          + "exactly its time, at 14.4 a month's budget is gone in two days. Services that burn nothing are not shown.",
          12,
          stoker.range(
            'sum by (%s) (1 - %s) / (1 - $objective) > 0' % [each, service('stoker_service_uptime_ratio', 'window="1h"')],
            '{{name}} ({{instance}})'
          ),
          'short',
          h=10,
          more=stoker.custom({ fillOpacity: 0, thresholdsStyle: { mode: 'dashed' } })
               + stoker.defaults({ thresholds: stoker.steps('transparent', [[1, 'yellow'], [14.4, 'red']]) }) + stoker.toService,
        ),
      ],
    ]),
  ],
  variables=stoker.variables() + [objective],
)
