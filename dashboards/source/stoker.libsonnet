// The shared parts of the dashboards: variables, selectors, colours, annotations, links, and one function for each kind of panel.
//
// A dashboard is a list of rows, a row is a title and lines of panels; grid positions and ids follow from the order. `../generate`
// turns the sources into the JSON that Grafana imports.
{
  local lib = self,

  // -- selectors ---------------------------------------------------------------------------------------------------------

  // Machines may share `instance`, and be told apart by a label of the installation (`host`, `cluster`, `exported_instance`): no query names the
  // labels that identify a series, each drops those of the metric (`without`, `ignoring`).

  /// A metric of Stoker itself, of the chosen nodes.
  node(metric, matchers=''):: '%s{job=~"$job",instance=~"$instance"%s}' % [metric, lib.more(matchers)],
  /// A metric of the chosen services.
  service(metric, matchers=''):: '%s{job=~"$job",instance=~"$instance",name=~"$name"%s}' % [metric, lib.more(matchers)],
  more(matchers):: if matchers == '' then '' else ',' + matchers,
  /// A metric that other programs expose too (`up`, `process_*`), of Stokers only. They are found by the labels of their target, whether it
  /// answers now or not: `stoker_initialized` has no others.
  stokers(metric):: '%s\nand last_over_time(%s[$__range])' % [lib.node(metric), lib.node('stoker_initialized')],
  /// The same where the counter stands in a rate.
  stokersRate(metric):: 'rate(%s[$__rate_interval])\nand %s' % [lib.node(metric), lib.node('stoker_initialized')],
  /// The windows of uptime, in seconds; the part of one that is known; and whether that is enough for its value to mean the window: nine
  /// tenths, as on the status page.
  windows:: { '1h': 3600, '24h': 86400, '7d': 604800 },
  known(window):: lib.service('stoker_service_uptime_known_seconds', 'window="%s"' % window),
  isKnown(window):: '%s >= %d' % [lib.known(window), 0.9 * lib.windows[window]],
  /// Of each series the value alone, as a column of a table needs it; `dropped` are labels of the metric with one series for each service.
  values(selected, dropped=''):: 'sum without (%s) (%s)' % [dropped, selected],

  // -- states ------------------------------------------------------------------------------------------------------------

  /// The eight states and the four healths: one code and one colour each, on every board. Health starts at 10, so that one mapping serves
  /// both. Among the healths a larger code is worse; `unknown` is better than any bad one.
  states:: [
    { name: 'stopped', color: '#8e8e8e' },
    { name: 'waiting', color: 'blue' },
    { name: 'starting', color: 'light-blue' },
    { name: 'running', color: 'green' },
    { name: 'backoff', color: 'orange' },
    { name: 'stopping', color: 'purple' },
    { name: 'completed', color: 'dark-green' },
    { name: 'failed', color: 'red' },
  ],
  healths:: [
    { name: 'healthy', color: 'green' },
    { name: 'unknown', color: '#c7d0d9' },
    { name: 'degraded', color: 'yellow' },
    { name: 'unhealthy', color: 'red' },
  ],
  coded:: std.mapWithIndex(function(code, state) state { code: code }, lib.states)
          + std.mapWithIndex(function(code, health) health { code: 10 + code }, lib.healths),

  /// The gauge that is 1 for the present case, folded into the code of that case. No recording rule is needed for it.
  local codes(selected, label, cases) = 'sum without (%s) (\n  %s\n)' % [
    label,
    std.join('\n  or ', [
      selected('%s="%s"' % [label, case.name]) + (if case.code == 1 then '' else ' * %d' % case.code)
      for case in cases
      if case.code != 0
    ]),
  ],
  stateCode:: codes(function(matcher) lib.service('stoker_service_state', matcher), 'state', lib.coded[0:8]),
  healthCode:: codes(function(matcher) lib.service('stoker_service_health', matcher), 'status', lib.coded[8:12]),
  nodeHealthCode:: codes(function(matcher) lib.node('stoker_health', matcher), 'status', lib.coded[8:12]),

  // -- colours -----------------------------------------------------------------------------------------------------------

  /// A word has the same colour in every panel, and words of one panel are far apart: what ended by a signal, by itself, and what waits for its
  /// next attempt is told at a glance.
  colors:: {
    [case.name]: case.color
    for case in lib.states + lib.healths
  } {
    // reasons of restarts
    exit: 'yellow',
    signal: '#e0529c',
    oom: 'dark-red',
    watchdog: '#9c6b3f',
    runtime_max: '#1f6f6b',
    start_failed: 'dark-purple',
    start_timeout: 'super-light-purple',
    dependency: 'semi-dark-blue',
    manual: '#8e8e8e',
    reload: 'light-blue',
    // outcomes of runs: `signal` and `oom` as above
    success: 'green',
    failure: 'yellow',
    'killed on stop': 'blue',
    // stages of failed starts
    'at spawn': 'dark-purple',
    'at hook': 'orange',
    'at ready': 'super-light-purple',
    // results of checks
    passed: 'green',
    failed: 'red',
    // the rest
    stdout: 'blue',
    stderr: 'orange',
    dropped: 'dark-red',
    user: 'blue',
    system: 'purple',
    read: 'blue',
    write: 'orange',
    limit: 'red',
    timeout: 'red',
    threshold: 'red',
    interval: '#8e8e8e',
    p50: 'light-blue',
    p90: 'blue',
    p99: 'dark-blue',
    expired: 'dark-orange',
  },
  color(word):: {
    matcher: { id: 'byName', options: word },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: lib.colors[word] } }],
  },
  colored(words):: [lib.color(word) for word in words],
  stateColors:: lib.colored([state.name for state in lib.states]),
  healthColors:: lib.colored([health.name for health in lib.healths]),
  /// A limit is a dashed line without an area.
  limitLine(word):: {
    matcher: { id: 'byName', options: word },
    properties: [
      { id: 'color', value: { mode: 'fixed', fixedColor: lib.colors[word] } },
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      { id: 'custom.fillOpacity', value: 0 },
      { id: 'custom.stacking', value: { mode: 'none' } },
    ],
  },

  mapping(results):: [{ type: 'value', options: results }],
  /// code -> word and colour
  codeMapping:: lib.mapping({
    ['' + case.code]: { text: case.name, color: case.color, index: case.code }
    for case in lib.coded
  }),
  /// word -> colour, for tables
  wordMapping:: lib.mapping({
    [case.name]: { color: case.color, index: case.code }
    for case in lib.coded
  }),
  /// number -> name of a signal; nothing where there was none
  signalMapping:: lib.mapping({ '0': { text: '', color: 'text', index: 0 } } + {
    ['' + signal[0]]: { text: 'SIG' + signal[1], color: lib.colors.signal, index: signal[0] }
    for signal in [
      [1, 'HUP'],
      [2, 'INT'],
      [3, 'QUIT'],
      [4, 'ILL'],
      [5, 'TRAP'],
      [6, 'ABRT'],
      [7, 'BUS'],
      [8, 'FPE'],
      [9, 'KILL'],
      [10, 'USR1'],
      [11, 'SEGV'],
      [12, 'USR2'],
      [13, 'PIPE'],
      [14, 'ALRM'],
      [15, 'TERM'],
      [24, 'XCPU'],
      [25, 'XFSZ'],
      [31, 'SYS'],
    ]
  }),
  /// A column of signals.
  signals:: { mappings: lib.signalMapping, 'custom.cellOptions': { type: 'color-text' } },
  reasons:: ['exit', 'signal', 'oom', 'unhealthy', 'watchdog', 'start_failed', 'start_timeout', 'dependency', 'manual', 'reload', 'runtime_max'],
  reasonColors:: lib.colored(lib.reasons),
  reasonMapping:: lib.mapping({ [lib.reasons[index]]: { color: lib.colors[lib.reasons[index]], index: index } for index in std.range(0, std.length(lib.reasons) - 1) }),
  yesNo(yes, no):: lib.mapping({
    '0': { text: no, color: 'red', index: 0 },
    '1': { text: yes, color: 'green', index: 1 },
  }),
  steps(first, rest=[]):: {
    mode: 'absolute',
    steps: [{ value: null, color: first }] + [{ value: step[0], color: step[1] } for step in rest],
  },

  // -- queries -----------------------------------------------------------------------------------------------------------

  local indented(text) = '  ' + std.strReplace(text, '\n', '\n  '),
  datasource:: { type: 'prometheus', uid: '${datasource}' },
  local query(expr, legend) = { datasource: lib.datasource, expr: expr, [if legend != null then 'legendFormat']: legend },
  /// Over the chosen time.
  range(expr, legend):: query(expr, legend) { range: true },
  /// At its end.
  instant(expr, legend=null):: query(expr, legend) { instant: true, range: false },
  column(expr):: lib.instant(expr) { format: 'table' },
  heat(expr):: lib.range(expr, '{{le}}') { format: 'heatmap' },

  /// A chart of rare things: while there are none it has a line of zeros that nobody sees, so that it is empty, and not "No data".
  rare(expr, legend, query=lib.range):: [
    query(expr, legend),
    query('0 * sum(%s)\nunless on ()\n(\n%s\n)' % [lib.node('stoker_initialized'), indented(expr)], 'none'),
  ],
  unseen:: lib.overrides([{
    matcher: { id: 'byName', options: 'none' },
    properties: [
      { id: 'custom.hideFrom', value: { legend: true, tooltip: true, viz: false } },
      { id: 'custom.lineWidth', value: 0 },
      { id: 'custom.fillOpacity', value: 0 },
    ],
  }]),

  increase(selected):: 'increase(%s[$__rate_interval])' % selected,
  rate(selected):: 'rate(%s[$__rate_interval])' % selected,

  /// The rate of a histogram by some labels, out of native buckets where Prometheus has them and out of classic ones elsewhere.
  nativeOrClassic(selected, metric, by=''):: 'sum by (%s) (%s)\nor on (%s)\nsum by (%s) (%s)' % [
    by,
    lib.rate(selected(metric)),
    by,
    if by == '' then 'le' else by + ', le',
    lib.rate(selected(metric + '_bucket')),
  ],
  quantile(quantile, rates):: 'histogram_quantile(%g,\n%s\n)' % [quantile, indented(rates)],
  /// The rate of a histogram that is always classic.
  buckets(metric, by=''):: 'sum by (%s) (%s)' % [if by == '' then 'le' else by + ', le', lib.rate(lib.node(metric + '_bucket'))],

  // -- panels ------------------------------------------------------------------------------------------------------------

  // A legend names the instance, unless one is chosen: the text of the variable is its value then, and no instance's otherwise. Before variables
  // were known in this transformation, it stays.
  local legendsOf(targets) = std.join('', [std.get(target, 'legendFormat', '') for target in targets]),
  local shortened = { id: 'renameByRegex', options: { regex: '(.*) \\(${instance:text}\\)$', renamePattern: '$1' } },

  /// The common fields of all panels. The size is for the layout only.
  local panel(type, title, description, w, h, given, unit, more) =
    local targets = if std.isArray(given) then given else [given];
    {
      type: type,
      title: title,
      description: description,
      width:: w,
      height:: h,
      datasource: lib.datasource,
      targets: std.mapWithIndex(
        function(index, target) target { refId: std.char(65 + index) },
        targets
      ),
      fieldConfig: { defaults: { unit: unit, noValue: 'not scraped', thresholds: lib.steps('text') }, overrides: [] },
      options: {},
      [if std.length(std.findSubstr('({{instance}})', legendsOf(targets))) > 0 then 'transformations']: [shortened],
    } + more,

  /// Shorthands to add to a panel.
  defaults(fields):: { fieldConfig+: { defaults+: fields } },
  custom(fields):: { fieldConfig+: { defaults+: { custom+: fields } } },
  /// For values that differ by powers of ten. A logarithmic axis has no zero.
  logarithmic:: lib.custom({ scaleDistribution: { type: 'log', log: 10 } }) + { fieldConfig+: { defaults+: { min:: null } } },
  overrides(list):: { fieldConfig+: { overrides+: list } },
  options(fields):: { options+: fields },
  /// No bar is narrower than this: bars of single scrapes would be noise.
  minInterval(interval):: { interval: interval },
  /// What an empty panel says. Charts of what every installation has say that it is not scraped, as where its group is excluded.
  noValue(text):: lib.defaults({ noValue: text }),
  link(title, url):: lib.defaults({ links: [lib.dataLink(title, url)] }),
  /// Grafana's schema requires the keys of a dashboard's links here too.
  dataLink(title, url):: {
    type: 'link',
    title: title,
    url: url,
    icon: 'external link',
    tooltip: '',
    tags: [],
    asDropdown: false,
    includeVars: false,
    keepTime: false,
    targetBlank: false,
  },

  local legend = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
  local reduce = { calcs: ['lastNotNull'], fields: '', values: false },

  stat(title, description, w, targets, unit='short', h=4, more={})::
    panel('stat', title, description, w, h, targets, unit, {
      options: {
        colorMode: 'background',
        graphMode: 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        percentChangeColorMode: 'standard',
        reduceOptions: reduce,
        showPercentChange: false,
        textMode: 'auto',
        wideLayout: true,
      },
    } + more),

  lines(title, description, w, targets, unit, h=8, more={})::
    panel('timeseries', title, description, w, h, targets, unit, {
      options: { legend: legend, tooltip: { mode: 'multi', sort: 'desc' } },
    } + lib.defaults({
      min: 0,
      color: { mode: 'palette-classic-by-name' },
      custom: { drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 10, showPoints: 'never', spanNulls: false },
    }) + more),

  /// Rates, stacked.
  flow(title, description, w, targets, unit, h=8, more={})::
    lib.stacked(title, description, w, targets, unit, h, lib.custom({ lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 40 }) + more),

  /// Counts in each interval.
  bars(title, description, w, targets, h=8, more={})::
    lib.lines(title, description, w, targets, 'short', h, lib.minInterval('1m') + lib.defaults({
      decimals: 0,
      custom+: { drawStyle: 'bars', lineWidth: 0, fillOpacity: 80, stacking: { mode: 'normal', group: 'A' }, axisSoftMax: 1 },
    }) + more),

  /// Present counts, stacked.
  stacked(title, description, w, targets, unit='short', h=8, more={})::
    lib.lines(title, description, w, targets, unit, h, lib.custom({
      lineInterpolation: 'stepAfter',
      lineWidth: 0,  // a line of zeros would cover the one below in its own colour
      fillOpacity: 70,
      stacking: { mode: 'normal', group: 'A' },
    }) + more),

  timeline(title, description, w, targets, mappings, h=8, more={})::
    panel('state-timeline', title, description, w, h, targets, 'none', {
      options: {
        alignValue: 'left',
        legend: legend,
        mergeValues: true,
        perPage: 30,
        rowHeight: 0.85,
        showValue: 'never',
        tooltip: { mode: 'single', sort: 'none' },
      },
    } + lib.defaults({
      mappings: mappings,
      color: { mode: 'thresholds' },
      custom: { fillOpacity: 80, lineWidth: 0 },
    }) + more),

  /// A column has a `title`, and an `expr` that is a query of its own or a `label` that comes with the queries; `set` sets properties of
  /// the field; `drop` omits the values of a query that serves for its labels. Labels of the installation become columns at the end.
  /// With `distinct`, the queries are asked over the chosen time, and rows that agree in all columns are one; of a column with `last` the last
  /// value counts.
  table(title, description, w, columns, h=9, sort=null, distinct=false, more={})::
    local values = [column for column in columns if std.objectHas(column, 'expr')];
    local refs = { [values[index].title]: std.char(65 + index) for index in std.range(0, std.length(values) - 1) };
    local field(column) = if std.objectHas(column, 'label') then column.label else 'Value #' + refs[column.title];
    local column(expr) = if distinct then lib.range(expr, null) { format: 'table' } else lib.column(expr);
    panel('table', title, description, w, h, [column(value.expr) for value in values], 'none', {
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true } + { [field(column)]: true for column in columns if std.objectHas(column, 'drop') },
            includeByName: {},
            indexByName: { [field(columns[index])]: index for index in std.range(0, std.length(columns) - 1) },
            renameByName: { [field(column)]: column.title for column in columns if !std.objectHas(column, 'drop') },
          },
        },
      ] + (if !distinct then [] else [
             {
               id: 'groupBy',
               options: {
                 fields: {
                   [column.title]:
                     if std.objectHas(column, 'last') then { operation: 'aggregate', aggregations: ['lastNotNull'] }
                     else { operation: 'groupby', aggregations: [] }
                   for column in columns
                   if !std.objectHas(column, 'drop')
                 },
               },
             },
             { id: 'renameByRegex', options: { regex: '(.*) \\(lastNotNull\\)$', renamePattern: '$1' } },
           ]),
      options: {
        cellHeight: 'sm',
        footer: { show: false, reducer: [] },
        frameIndex: 0,
        showHeader: true,
        [if sort != null then 'sortBy']: [sort],
      },
      fieldConfig+: {
        overrides: [
          {
            matcher: { id: 'byName', options: column.title },
            properties: [{ id: key, value: set[key] } for key in std.objectFields(set)],
          }
          for column in columns
          // The text for an empty table is not the one for an empty cell.
          for set in [{ noValue: '' } + std.get(column, 'set', {})]
          if !std.objectHas(column, 'drop')
        ],
      },
    } + more),

  bargauge(title, description, w, targets, unit='short', h=8, more={})::
    panel('bargauge', title, description, w, h, targets, unit, {
      options: {
        displayMode: 'basic',
        legend: legend { showLegend: false },
        maxVizHeight: 40,
        minVizHeight: 16,
        minVizWidth: 8,
        namePlacement: 'left',
        orientation: 'horizontal',
        reduceOptions: reduce,
        showUnfilled: true,
        sizing: 'auto',
        valueMode: 'text',
      },
    } + lib.defaults({ min: 0 }) + more),

  heatmap(title, description, w, targets, unit='s', h=8, more={})::
    panel('heatmap', title, description, w, h, targets, unit, {
      options: {
        calculate: false,
        cellGap: 1,
        color: { mode: 'scheme', scheme: 'Oranges', fill: 'dark-orange', scale: 'exponential', exponent: 0.5, steps: 64, reverse: false },
        cellValues: { unit: 'cps', decimals: 3 },
        exemplars: { color: 'rgba(255,0,255,0.7)' },
        filterValues: { le: 1e-9 },
        legend: { show: true },
        rowsFrame: { layout: 'auto' },
        showValue: 'never',
        tooltip: { mode: 'single', showColorScale: false, yHistogram: false },
        yAxis: { unit: unit, axisPlacement: 'left', reverse: false },
      },
    } + lib.custom({ hideFrom: { legend: false, tooltip: false, viz: false }, scaleDistribution: { type: 'linear' } }) + more),

  // -- boards ------------------------------------------------------------------------------------------------------------

  local variable(name, label, source, more={}) = {
    type: 'query',
    name: name,
    label: label,
    datasource: lib.datasource,
    query: source,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.+',
    current: { text: ['All'], value: ['$__all'] },
  } + more,
  variables(name={}):: [
    {
      type: 'datasource',
      name: 'datasource',
      label: 'Data source',
      query: 'prometheus',
      refresh: 1,
      current: { text: 'default', value: 'default' },
    },
    variable('job', 'Job', 'label_values(stoker_build_info, job)'),
    variable('instance', 'Instance', 'label_values(stoker_build_info{job=~"$job"}, instance)'),
    variable('name', 'Service', 'label_values(%s, name)' % lib.node('stoker_service_info'), name),
    // By any other label, as where machines share `instance`.
    { type: 'adhoc', name: 'filter', label: 'Filter', datasource: lib.datasource },
  ],
  /// One service: the first until one is chosen. A value that is no service, such as the overview's "All", is not kept.
  oneName:: { multi: false, includeAll: false, allValue:: null, allowCustomValue: false, current:: null },
  /// Passed from dashboard to dashboard, not shown.
  hiddenName:: { hide: 2 },

  local annotation(name, color, expr, title, text, tags) = {
    name: name,
    datasource: lib.datasource,
    enable: true,
    hide: false,
    iconColor: color,
    expr: expr,
    step: '30s',
    titleFormat: title,
    textFormat: text,
    tagKeys: tags,
  },
  annotations:: [
    annotation(
      'Restarts',
      'orange',
      lib.increase(lib.service('stoker_service_restarts_total')) + ' > 0',
      '{{name}} restarted',
      '{{instance}}',
      'reason',
    ),
    annotation(
      'Reloads',
      'blue',
      |||
        changes(%s[$__rate_interval]) > 0
        unless changes(%s[$__rate_interval]) > 0
      ||| % [lib.node('stoker_config_last_reload_success_timestamp_seconds'), lib.node('process_start_time_seconds')],
      'Service file read again',
      '{{instance}}',
      'job',
    ),
    annotation(
      'Starts of Stoker',
      'purple',
      'changes(%s[$__rate_interval]) > 0\nand %s' % [lib.node('process_start_time_seconds'), lib.node('stoker_initialized')],
      'Stoker started',
      '{{instance}}',
      'job',
    ),
  ],

  /// The link to the service's dashboard, from a series' labels or a table's columns.
  serviceBoard(job, instance, name)::
    '/d/stoker-service?${datasource:queryparam}&var-job=%s&var-instance=%s&var-name=%s&${__url_time_range}' % [job, instance, name],
  local fromLabels = lib.dataLink(
    'Open ${__field.labels.name}',
    lib.serviceBoard('${__field.labels.job}', '${__field.labels.instance}', '${__field.labels.name}'),
  ),
  toService:: lib.defaults({ links: [fromLabels] }),
  /// The same where only the first query has services.
  toServiceFromFirst:: lib.overrides([{
    matcher: { id: 'byFrameRefID', options: 'A' },
    properties: [{ id: 'links', value: [fromLabels] }],
  }]),
  toServiceFromTable:: lib.dataLink(
    'Open this service', lib.serviceBoard('${__data.fields.Job}', '${__data.fields.Instance}', '${__data.fields.Service}')
  ),

  row(title, lines):: { title: title, lines: lines, folded: false },
  /// A row that is closed at first, since it is flat on most installations.
  folded(title, lines):: { title: title, lines: lines, folded: true },

  // Rows to panels with positions and ids. A row without a title has no bar; a folded one has its panels within, and takes no room.
  local line(state, panels) = std.foldl(
    function(state, panel) state {
      x: state.x + panel.width,
      id: state.id + 1,
      panels+: [panel { id: state.id, gridPos: { x: state.x, y: state.y, w: panel.width, h: panel.height } }],
    },
    panels,
    state { x: 0 }
  ) + { y: state.y + std.foldl(std.max, [panel.height for panel in panels], 0) },
  local placedRow(state, row) =
    local bar = { type: 'row', title: row.title, collapsed: row.folded, panels: [], width:: 24, height:: 1 };
    local below = if row.title == null then state else line(state, [bar]);
    if !row.folded then std.foldl(line, row.lines, below)
    else
      local within = std.foldl(line, row.lines, below { panels: [] });
      local last = std.length(below.panels) - 1;
      below { id: within.id, panels: below.panels[:last] + [below.panels[last] { panels: within.panels }] },
  local placed(rows) = std.foldl(placedRow, rows, { x: 0, y: 0, id: 1, panels: [] }).panels,

  board(uid, title, description, rows, variables=lib.variables()):: {
    uid: uid,
    title: title,
    description: description,
    tags: ['stoker'],
    schemaVersion: 42,
    version: 1,
    editable: false,
    graphTooltip: 1,
    timezone: 'browser',
    time: { from: 'now-1h', to: 'now' },
    refresh: '30s',
    templating: { list: variables },
    annotations: { list: lib.annotations },
    links: [{
      type: 'dashboards',
      title: 'Stoker',
      tags: ['stoker'],
      icon: 'external link',
      tooltip: '',
      asDropdown: false,
      includeVars: true,
      keepTime: true,
      targetBlank: false,
    }],
    panels: placed(rows),
  },
}
