// What is known of the node: taken from readings and kept current by events. Whoever shows it is told what has changed, once a frame.

import { parse } from "./format.js";
import { Strip } from "./strip.js";

const EVENTS_KEPT = 200;

export class Store {
  constructor() {
    this.node = { name: "", version: "", health: "unknown", isReady: false, isInitialized: false, canControl: null, refusal: "" };
    /** Services by name, in the order of their start. */
    this.services = new Map();
    /** By name: layer, required and optional dependencies, dependents, what a restart drags along. */
    this.graph = new Map();
    /** The last events, oldest first. */
    this.events = [];
    /** The answers of `why`, of those root causes that have a card and of the service that is looked at. */
    this.whys = new Map();
    this.stream = "connecting";
    /** Whether the last reading was answered: a stream can be silent for a while without harm, and a frozen server is silent too. */
    this.isAnswering = true;
    /** When what is shown was true. */
    this.asOf = null;
    /** The server's clock minus ours. */
    this.skew = 0;
    this.watchers = new Set();
    this.pending = null;
  }

  /** The server's time, by which ages and countdowns are told. */
  get now() {
    return Date.now() + this.skew;
  }

  /** Calls `watcher` with the changes of each frame; returns how to stop that. */
  watch(watcher) {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Notes a change; what is noted in one frame is told at once. */
  touch({ names = [], ...parts }) {
    if (!this.pending) {
      this.pending = { names: new Set(), events: [] };
      // A hidden page has no frames, and its title must still change.
      if (document.hidden) setTimeout(() => this.tell(), 100);
      else requestAnimationFrame(() => this.tell());
    }
    for (const name of names) this.pending.names.add(name);
    Object.assign(this.pending, parts);
  }

  tell() {
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

  /** Takes in the graph; then which services there are may have changed. */
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

  /** Takes in the states. `asked` is when they were asked for: an event heard since then is newer and wins. */
  takeServices(answer, asked) {
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
      refusal: answer.control_refusal ?? "",
    });
    this.asOf = Date.now();
    const skew = answer.at ? parse(answer.at) - this.asOf : 0;
    // What is less than that is the way of the answer.
    this.skew = Math.abs(skew) > 1000 ? skew : 0;
    this.touch({ names, node: true, ...(roster ? { roster: true } : {}) });
  }

  /** Takes in health and uptimes. */
  takeHealth(answer) {
    for (const [name, entry] of Object.entries(answer.services)) this.services.get(name)?.takeHealth(entry);
    this.touch({ names: Object.keys(answer.services) });
  }

  /** Takes in what happened before the first event was heard: it is told of, and changes nothing. */
  takePast(events) {
    this.events.unshift(...events.slice(-EVENTS_KEPT));
    this.touch({ heard: true, past: true });
  }

  // Events.

  /** Takes in one event of the stream. */
  hear(kind, event) {
    this.asOf = Date.now();
    const service = event.service ? this.services.get(event.service) : undefined;
    switch (kind) {
      case "hello":
        Object.assign(this.node, { name: event.node, version: event.version });
        this.touch({ node: true });
        return;
      case "status":
        service?.hearStatus(event);
        break;
      case "health":
        service?.hearHealth(event);
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
    this.touch({ names: service ? [service.name] : [], node: true, heard: true });
  }
}

/** One service as it was last seen. */
export class Service {
  constructor(name) {
    this.name = name;
    this.strip = new Strip();
    this.heardAt = 0;
    this.waitsFor = [];
    this.rootCause = null;
    this.note = "";
    this.sample = null;
    this.cpu = null;
  }

  take(entry, asked, time) {
    Object.assign(this, {
      restarts: entry.restart_count, attempts: entry.restart_attempts, lastRestart: parse(entry.last_restart),
      isCritical: entry.is_critical, isEnabled: entry.enabled, kind: entry.kind, memory: entry.memory_bytes ?? null,
    });
    this.takeProcessor(entry.cpu_seconds ?? null, entry.pid, time);
    if (this.heardAt > asked) return;
    Object.assign(this, {
      status: entry.status, health: entry.health, pid: entry.pid, since: parse(entry.since), nextAttempt: parse(entry.next_attempt),
    });
    this.takeDiagnosis(entry);
  }

  /** Takes in what Stoker says of why it is so: a row has it, and an event of state or health too. */
  takeDiagnosis({ waits_for: waitsFor, root_cause: rootCause, note }) {
    Object.assign(this, { waitsFor, rootCause, note });
  }

  /** The share of a processor between two readings of the same process. */
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
    Object.assign(this, { uptimeHour: entry.uptime_1h, uptimeDay: entry.uptime_24h, uptimeWeek: entry.uptime_7d });
    this.strip.take(entry);
  }

  hearStatus(event) {
    this.heardAt = performance.now();
    Object.assign(this, {
      status: event.to, since: parse(event.at), pid: event.pid ?? null, nextAttempt: parse(event.next_attempt ?? null),
    });
    this.takeDiagnosis(event);
  }

  hearHealth(event) {
    this.heardAt = performance.now();
    this.health = event.to;
    this.takeDiagnosis(event);
  }

  /** How bad it is: 3 needs somebody, 2 is being dealt with, 1 deserves a look, 0 is as it should be. */
  get trouble() {
    if (this.status === "failed") return 3;
    if (this.status === "backoff") return 2;
    // Of one that waits or is stopped its health says only that it does not run.
    if (!["starting", "running", "stopping"].includes(this.status)) return 0;
    return this.health === "unhealthy" ? 2 : this.health === "degraded" ? 1 : 0;
  }

  /** Up, or done. */
  get isWell() {
    return (this.status === "running" || this.status === "completed") && this.trouble === 0;
  }
}
