// The page's model of the node: filled by readings, kept current by events. Watchers receive the changes once a frame.

import { parse, percent } from "./format.js";
import { Strip } from "./strip.js";

const EVENTS_KEPT = 200;

export class Store {
  constructor() {
    this.node = { name: "", version: "", health: "unknown", isReady: false, isInitialized: false, canControl: null, refusal: "", outputRefusal: "", troubles: [] };
    /** Services by name, in the order of their start. */
    this.services = new Map();
    /** Whether the services have been read. */
    this.isRead = false;
    /** By name: layer, required and optional dependencies, dependents, effects of a restart. */
    this.graph = new Map();
    /** The last events, oldest first. */
    this.events = [];
    /** The number of the last event that was received, "LIFE-NUMBER". */
    this.lastId = null;
    /** The answers of `why` for the root causes that have a card, and for the service whose page is open. */
    this.whys = new Map();
    this.stream = "connecting";
    /** Whether the last reading was answered: a silent stream may be healthy, or the server may be frozen. */
    this.isAnswering = true;
    /** The time of the data. */
    this.asOf = null;
    /** The server's clock minus ours. */
    this.skew = 0;
    this.watchers = new Set();
    this.pending = null;
  }

  /** The server's time, for ages and countdowns. */
  get now() {
    return Date.now() + this.skew;
  }

  /** Calls `watcher` with the changes of each frame; returns a function that stops it. */
  watch(watcher) {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Records a change; watchers receive all changes of a frame together. */
  touch({ names = [], ...parts }) {
    if (!this.pending) {
      this.pending = { names: new Set(), events: [] };
      // A hidden page has no frames, and its title must still change.
      if (document.hidden) setTimeout(() => this.publish(), 100);
      else requestAnimationFrame(() => this.publish());
    }
    for (const name of names) this.pending.names.add(name);
    Object.assign(this.pending, parts);
  }

  publish() {
    const changes = this.pending;
    this.pending = null;
    if (!changes) return;
    for (const watcher of [...this.watchers]) watcher(changes);
  }

  setStream(state) {
    if (this.stream === state) return;
    this.stream = state;
    this.touch({ stream: true });
  }

  setAnswering(isAnswering) {
    if (this.isAnswering === isAnswering) return;
    this.isAnswering = isAnswering;
    this.touch({ stream: true });
  }

  // Readings.

  /** Takes the graph; the list of services may have changed with it. */
  takeGraph(answer) {
    this.graph.clear();
    answer.startup_order.forEach((name, order) => {
      const entry = answer.dependencies[name];
      this.graph.set(name, {
        name, order, layer: entry.layer, required: entry.dependencies, optional: entry.optional_dependencies, dependents: entry.dependents,
        onRestart: entry.on_restart ?? {}, type: entry.type,
      });
    });
    this.touch({ graph: true, roster: true });
  }

  /** Takes the states. `asked` is the time of the request: an event received since then is newer, and wins. */
  takeServices(answer, asked) {
    this.isRead = true;
    const old = this.services;
    const names = Object.keys(answer.services);
    names.sort((a, b) => (this.graph.get(a)?.order ?? 0) - (this.graph.get(b)?.order ?? 0));
    const roster = names.length !== old.size || names.some((name) => !old.has(name));
    this.services = new Map(names.map((name) => [name, old.get(name) ?? new Service(name)]));
    const time = performance.now();
    for (const service of this.services.values()) {
      service.layer = this.graph.get(service.name)?.layer ?? answer.services[service.name].layer ?? 0;
      service.take(answer.services[service.name], asked, time);
    }
    Object.assign(this.node, {
      name: answer.node ?? "", health: answer.composite_health, isReady: answer.is_ready, isInitialized: answer.initialized, canControl: answer.can_control ?? true,
      refusal: answer.control_refusal ?? "", outputRefusal: answer.output_refusal ?? "", troubles: answer.troubles ?? [],
    });
    this.asOf = Date.now();
    const skew = answer.at ? parse(answer.at) - this.asOf : 0;
    // A smaller difference is the travel time of the answer.
    this.skew = Math.abs(skew) > 1000 ? skew : 0;
    this.touch({ names, node: true, ...(roster ? { roster: true } : {}) });
  }

  /** Takes health and uptimes. */
  takeHealth(answer) {
    for (const [name, entry] of Object.entries(answer.services)) this.services.get(name)?.takeHealth(entry);
    this.touch({ names: Object.keys(answer.services) });
  }

  /** Takes the usage of the last minutes. The last load is known before two readings of our own are. */
  takeUsage({ services, interval_seconds: interval }) {
    for (const [name, entry] of Object.entries(services)) {
      const service = this.services.get(name);
      if (!service) continue;
      service.trends = Object.fromEntries(Object.entries(entry).map(([figure, values]) => [figure, { values, interval }]));
      if (service.pid) service.cpu ??= entry.cpu_percent?.at(-1) ?? null;
    }
    this.touch({ names: Object.keys(services) });
  }

  /** Takes the events from before the connection: they are listed, and change no state. */
  takePast(events) {
    this.events.unshift(...events.slice(-EVENTS_KEPT));
    this.touch({ newEvents: true, past: true });
  }

  // Events.

  /** Takes one event of the stream. */
  takeEvent(kind, event) {
    this.asOf = Date.now();
    this.lastId = event.id ?? this.lastId;
    const service = event.service ? this.services.get(event.service) : undefined;
    switch (kind) {
      case "hello":
        Object.assign(this.node, { name: event.node, version: event.version });
        this.touch({ node: true });
        return;
      case "status":
        service?.applyStatus(event);
        break;
      case "health":
        service?.applyHealth(event);
        break;
      case "last_error":
        service?.takeDiagnosis(event);
        break;
      case "restarted":
        if (service) service.attempts = event.attempt;
        break;
      case "composite":
        this.node.health = event.to;
        break;
      case "initialized":
        this.node.isInitialized = true;
        break;
      case "ready":
        this.node.isReady = event.is_ready;
        break;
    }
    if (kind === "reset") return;
    this.events.push({ ...event, kind });
    if (this.events.length > EVENTS_KEPT) this.events.splice(0, this.events.length - EVENTS_KEPT);
    this.touch({ names: service ? [service.name] : [], node: true, newEvents: true });
  }
}

/** Whether a service in this state has a process. */
export function isLive(status) {
  return status === "starting" || status === "running" || status === "stopping";
}

/** The last known state of one service. */
export class Service {
  constructor(name) {
    this.name = name;
    this.strip = new Strip();
    this.eventAt = 0;
    /** Whether all that its health says is that it does not run, and another service keeps it from that. */
    this.isHeldUp = false;
    this.waitsFor = [];
    this.rootCause = null;
    this.note = "";
    this.sample = null;
    this.cpu = null;
    /** The failed checks of its run in a row. */
    this.failures = 0;
    /** The last minutes by figure, each `{values, interval}`; null before they are read. */
    this.trends = null;
  }

  take(entry, asked, time) {
    Object.assign(this, {
      restarts: entry.restart_count, attempts: entry.restart_attempts, lastRestart: parse(entry.last_restart),
      isCritical: entry.is_critical, isChecked: entry.checked ?? true, recovers: entry.auto_recovery ?? true, lastLine: entry.last_line ?? null, isEnabled: entry.enabled, kind: entry.kind, memory: entry.memory_bytes ?? null,
    });
    this.takeProcessor(entry.cpu_seconds ?? null, entry.pid, time);
    if (this.eventAt > asked) return;
    Object.assign(this, {
      status: entry.status, health: entry.health, pid: entry.pid, since: parse(entry.since), nextAttempt: parse(entry.next_attempt),
    });
    this.takeDiagnosis(entry);
  }

  /** Takes Stoker's explanation, which a row has, and an event of state or health too. */
  takeDiagnosis({ held_up: isHeldUp, waits_for: waitsFor, root_cause: rootCause, note }) {
    Object.assign(this, { isHeldUp, waitsFor, rootCause, note });
  }

  /** The processor load between two readings of the same process. */
  takeProcessor(seconds, pid, time) {
    const before = this.sample;
    if (seconds === null || !pid) {
      this.cpu = null;
      this.sample = null;
    } else if (!before || before.pid !== pid || seconds < before.seconds) {
      this.cpu = null;
      this.sample = { seconds, pid, time };
    } else if (time - before.time > 1500) {
      this.cpu = ((seconds - before.seconds) * 100_000) / (time - before.time);
      this.sample = { seconds, pid, time };
    }
  }

  takeHealth(entry) {
    Object.assign(this, {
      uptimeHour: entry.uptime_1h, uptimeDay: entry.uptime_24h, uptimeWeek: entry.uptime_7d,
      failures: entry.consecutive_failures ?? 0, hourOf: entry.uptime_1h_of_seconds, dayOf: entry.uptime_24h_of_seconds, weekOf: entry.uptime_7d_of_seconds,
    });
    this.strip.take(entry);
  }

  applyStatus(event) {
    this.eventAt = performance.now();
    Object.assign(this, {
      status: event.to, since: parse(event.at), pid: event.pid ?? null, nextAttempt: parse(event.next_attempt ?? null),
    });
    this.takeDiagnosis(event);
  }

  applyHealth(event) {
    this.eventAt = performance.now();
    this.health = event.to;
    this.takeDiagnosis(event);
  }

  /** The severity: 3 needs a person, 2 is handled by Stoker, 1 is degraded, 0 is no trouble. */
  get trouble() {
    if (this.status === "failed" || this.isUnattended) return 3;
    if (this.status === "backoff" || this.isRecovering) return 2;
    // A waiting or stopped service is unhealthy only because it does not run.
    if (!isLive(this.status)) return 0;
    return this.health === "unhealthy" ? 2 : this.health === "degraded" ? 1 : 0;
  }

  get isUp() {
    return this.status === "starting" || this.status === "running";
  }

  /** Whether its checks fail, and Stoker does not restart it for that. */
  get isUnattended() {
    return this.isUp && this.health === "unhealthy" && !this.recovers && (this.kind === "external" || this.failures > 0);
  }

  /** Whether it is up after several restarts that still count, and so may fall again. */
  get isRecovering() {
    return this.isUp && this.attempts > 1 && !this.isUnattended;
  }

  /** Whether Stoker restarts it, or just did. */
  get isHandled() {
    return this.status === "backoff" || this.isRecovering || this.isUp && this.health === "unhealthy" && this.recovers;
  }

  /** Whether nothing is known of it but that it lives: it has no check, and `healthy` means no more. */
  get isBare() {
    return this.isChecked === false && this.health === "healthy" && this.status !== "completed";
  }

  /** Whether it runs, and nothing more is known of it. */
  get runsBare() {
    return this.status === "running" && this.isBare;
  }

  /** Whether the windows of uptime tell different things, unlike those of a Stoker that is younger than an hour. */
  get hasUptimes() {
    const [hour, ...others] = [this.uptimeHour, this.uptimeDay, this.uptimeWeek].filter((value) => value !== null && value !== undefined).map(percent);
    return others.some((other) => other !== hour);
  }

  /** Its health in a word. */
  get healthWord() {
    return this.isHeldUp ? "not running" : this.isBare ? "no check" : this.health;
  }

  /** Whether it is up, or completed. */
  get isWell() {
    return (this.status === "running" || this.status === "completed") && this.trouble === 0;
  }
}
