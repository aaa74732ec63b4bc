// The services, those in trouble first, then by layer: a table whose rows are created once and updated in place, so that a thousand rows stay smooth.

import { badge, breakable, h, pageOf, setAttribute, setBadge, setText, setTime } from "./dom.js";
import { age, bytes, countdown, list, part, percent, processor } from "./format.js";
import { drawStrip, smallStrip } from "./strip.js";
import { drawTrend, smallTrend } from "./trend.js";
import { isConcerned, reach, rootCauses } from "./trouble.js";

const LONG = 24; // characters of a name that needs more room than most
const ORDER = ["failed", "backoff", "stopping", "starting", "waiting", "stopped", "completed", "running"];
const HEALTHS = ["unhealthy", "degraded", "unknown", "not running", "no check", "healthy"];

const COLUMNS = [
  { key: "name", label: "Service", value: (service) => naturalKey(service.name) },
  { key: "state", label: "State", value: (service) => ORDER.indexOf(service.status) },
  { key: "health", label: "Health", value: (service) => HEALTHS.indexOf(service.healthWord) },
  { key: "reason", label: "Reason", value: (service) => service.note || "\uffff" },
  { key: "day", label: "Up 24 h", spoken: "Uptime 24 hours", value: (service) => service.uptimeDay ?? 101 },
  { key: "restarts", label: "Restarts", value: (service) => -service.restarts },
  { key: "next", label: "Next try", value: (service) => service.nextAttempt ?? Infinity },
  { key: "cpu", label: "CPU", value: (service) => -(service.cpu ?? -1) },
  { key: "memory", label: "Memory", value: (service) => -(service.memory ?? -1) },
  { key: "checks", label: "Last checks", value: (service) => -service.strip.bars.filter((passed) => !passed).length },
];

/** A text by which names sort as people expect it: web@2 before web@10. */
export const naturalKey = (name) => name.replace(/\d+/g, (digits) => digits.padStart(12, "0"));

/** The figures with a trend, and how it is drawn and told. */
export const TRENDS = {
  cpu: { figure: "cpu_percent", label: "CPU", format: processor, least: () => 5 },
  memory: { figure: "memory_bytes", label: "Memory", format: bytes, least: (high) => high / 10 },
  descriptors: { figure: "descriptors", label: "Open descriptors", format: String, least: () => 10 },
};

/** The services in the order of a table that nobody sorted: those in trouble or touched by it, worst first, then each layer. */
export function groupsOf(services, store) {
  const concerned = services.filter((service) => isConcerned(service, store)).sort((a, b) => b.trouble - a.trouble);
  const layers = new Map();
  for (const service of services) {
    if (isConcerned(service, store)) continue;
    if (!layers.has(service.layer)) layers.set(service.layer, []);
    layers.get(service.layer).push(service);
  }
  const groups = [...layers].sort((a, b) => a[0] - b[0]).map(([layer, members]) => ({ key: String(layer), label: `Layer ${layer}`, services: members }));
  return concerned.length > 0 ? [{ key: "troubled", label: "In trouble or affected", services: concerned }, ...groups] : groups;
}

export class Table {
  constructor(store) {
    this.store = store;
    this.rows = new Map();
    this.sort = null; // {column, isReversed}; null: the troubled, then by layer
    this.places = "";
    this.filter = h("input", {
      type: "search", id: "filter", placeholder: "Filter", "aria-label": "Filter the services by name, state or health", autocomplete: "off", spellcheck: "false",
      "aria-keyshortcuts": "/", oninput: () => this.arrange(),
    });
    this.onlyTroubled = h("input", { type: "checkbox", id: "only-troubled", onchange: () => this.arrange() });
    this.byLayer = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.sortBy(null) }, "By layer");
    this.tally = h("p", { class: "soft tally", role: "status" });
    this.head = h("tr", { role: "row" }, COLUMNS.map((column) => this.header(column)));
    this.table = h("table", { class: "services", role: "table", "aria-labelledby": "services" },
      h("thead", { role: "rowgroup" }, this.head));
    this.element = h("section", { class: "panel", "aria-labelledby": "services" },
      h("div", { class: "bar" }, h("h2", { id: "services" }, "Services"), this.tally, h("span", { class: "push" }), this.byLayer,
        h("label", { class: "check" }, this.onlyTroubled, "Only troubled"), this.filter),
      this.table,
      (this.none = h("p", { class: "soft none", hidden: true }, "No service matches.")));
  }

  header(column) {
    const button = h("button", { type: "button", "aria-label": column.spoken, onclick: () => this.sortBy(column) }, column.label);
    return h("th", { role: "columnheader", scope: "col", class: column.key }, button);
  }

  /** Sorts by a column; a second time in the reverse order; a third time by layer again. */
  sortBy(column) {
    if (!column || this.sort?.isReversed && this.sort.column === column) this.sort = null;
    else this.sort = { column, isReversed: this.sort?.column === column };
    COLUMNS.forEach((each, index) => {
      const direction = this.sort?.column === each ? (this.sort.isReversed ? "descending" : "ascending") : null;
      setAttribute(this.head.children[index], "aria-sort", direction);
    });
    this.byLayer.hidden = this.sort === null;
    this.arrange();
  }

  update(changes) {
    if (changes.roster) {
      for (const name of this.rows.keys()) if (!this.store.services.has(name)) this.rows.delete(name);
      for (const service of this.store.services.values()) if (!this.rows.has(service.name)) this.rows.set(service.name, new Row(service));
      for (const [name, row] of this.rows) row.service = this.store.services.get(name);
      this.rows.forEach((row) => row.update(this.store));
      this.relate();
      this.arrange();
      return;
    }
    if (changes.names.size === 0 && !changes.node) return;
    for (const name of changes.names) this.rows.get(name)?.update(this.store);
    if (this.relate() || this.sort || this.onlyTroubled.checked || this.filter.value) this.arrange();
  }

  /** Tells rows whom their trouble touches. Returns whether the rows in trouble have changed. */
  relate() {
    const causes = new Map(rootCauses(this.store).map((cause) => [cause.name, reach(cause, this.store)]));
    for (const [name, row] of this.rows) row.relate(causes.get(name));
    const services = [...this.store.services.values()];
    setAttribute(this.table, "data-uptimes", services.some((service) => service.hasUptimes) ? "" : null);
    setAttribute(this.table, "data-names", services.some((service) => service.name.length > LONG) ? "long" : null);
    setAttribute(this.table, "data-reasons", services.some((service) => service.note) ? "" : null);
    setAttribute(this.table, "data-next", services.some((service) => service.nextAttempt) ? "" : null);
    const places = services.filter((service) => isConcerned(service, this.store)).map((service) => `${service.name} ${service.trouble}`).join("\n");
    if (places === this.places) return false;
    this.places = places;
    return true;
  }

  tick() {
    for (const row of this.rows.values()) row.tick(this.store.now);
  }

  /** Filters and sorts the rows. */
  arrange() {
    const words = this.filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const services = [...this.store.services.values()].filter((service) =>
      (!this.onlyTroubled.checked || isConcerned(service, this.store))
      && words.every((word) => `${service.name} ${service.status} ${service.healthWord} layer${service.layer}`.toLowerCase().includes(word)));
    let groups;
    if (this.sort) {
      const { column, isReversed } = this.sort;
      const direction = isReversed ? -1 : 1;
      services.sort((a, b) => {
        const [left, right] = [column.value(a), column.value(b)];
        return direction * (left < right ? -1 : left > right ? 1 : 0) || (naturalKey(a.name) < naturalKey(b.name) ? -1 : 1);
      });
      groups = [{ key: "all", label: null, services }];
    } else {
      groups = groupsOf(services, this.store);
    }
    this.place(groups);
    const total = this.store.services.size;
    setText(this.tally, services.length === total ? String(total) : `${services.length} of ${total}`);
    this.none.hidden = services.length > 0 || total === 0;
  }

  place(groups) {
    const focused = this.table.contains(document.activeElement) ? document.activeElement : null;
    const bodies = new Map([...this.table.tBodies].map((body) => [body.dataset.key, body]));
    let position = 0;
    for (const group of groups) {
      let body = bodies.get(group.key);
      bodies.delete(group.key);
      if (!body) {
        const label = group.label && h("tr", { role: "row", class: "layer" }, h("th", { role: "rowheader", scope: "rowgroup" }, group.label));
        body = h("tbody", { role: "rowgroup", "data-key": group.key }, label);
      }
      if (this.table.tBodies[position] !== body) this.table.insertBefore(body, this.table.tBodies[position] ?? null);
      position += 1;
      // Rows in their place are not touched: a moved row would lose the focus.
      let next = group.label ? body.children[1] : body.firstElementChild;
      for (const service of group.services) {
        const element = this.rows.get(service.name).element;
        if (element === next) next = next.nextElementSibling;
        else body.insertBefore(element, next ?? null);
      }
      while (next) {
        const after = next.nextElementSibling;
        next.remove();
        next = after;
      }
    }
    for (const body of bodies.values()) body.remove();
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }
}

class Row {
  constructor(service) {
    this.service = service;
    const cell = (key, ...content) => h("td", { role: "cell", class: key }, ...content);
    this.state = badge(service.status);
    this.since = h("time", { class: "since" });
    this.health = badge(service.healthWord);
    this.figures = Object.fromEntries(["day", "restarts", "next", "cpu", "memory"].map((key) => [key, cell(key)]));
    this.figures.day.append(h("span", {}), h("span", { class: "part" }));
    this.next = h("time", {});
    this.figures.next.append(this.next);
    this.trends = { cpu: smallTrend(), memory: smallTrend() };
    for (const key of ["cpu", "memory"]) this.figures[key].append(h("span", {}), this.trends[key]);
    this.why = h("span", { class: "why" });
    this.reach = h("span", { class: "reach" });
    this.last = h("span", { class: "last" });
    this.strip = smallStrip();
    this.optional = h("span", { class: "note" });
    this.element = h("tr", { role: "row", class: "service", "data-name": service.name },
      h("th", { role: "rowheader", scope: "row", class: "name" }, h("a", { href: pageOf(service.name), title: service.name }, breakable(service.name)), this.optional),
      (this.status = cell("state", this.state, this.since)), cell("health", this.health), (this.reason = cell("reason", this.why, this.reach, this.last)),
      this.figures.day, this.figures.restarts, this.figures.next, this.figures.cpu, this.figures.memory,
      (this.checks = cell("checks", this.strip)));
  }

  update(store) {
    const { service, figures } = this;
    setAttribute(this.element, "data-trouble", isConcerned(service, store) ? String(service.trouble) : null);
    setBadge(this.state, service.status, service.runsBare);
    this.explain(this.why, service.note);
    setAttribute(this.status, "title", service.note || null);
    // The note may have quoted it already.
    this.explain(this.last, service.trouble > 0 && service.lastLine && !service.note.includes(service.lastLine) ? service.lastLine : "");
    setBadge(this.health, service.healthWord);
    // A service that has just started has low figures without a fault.
    this.isSuspect = service.restarts > 0 || service.trouble > 0;
    this.uptime(figures.day, service.uptimeDay, service.dayOf);
    setText(figures.restarts, service.restarts > 0 ? String(service.restarts) : "0");
    setAttribute(figures.restarts, "data-some", service.restarts > 0 ? (service.restarts === 1 ? "restart" : "restarts") : null);
    setText(figures.cpu.firstChild, processor(service.cpu));
    setText(figures.memory.firstChild, bytes(service.memory));
    for (const [key, svg] of Object.entries(this.trends)) drawTrend(svg, service.trends?.[TRENDS[key].figure], TRENDS[key]);
    setText(this.optional, service.isEnabled ? (service.isCritical ? "" : "not critical") : service.note.includes("disabled") ? "" : "disabled");
    drawStrip(this.strip, service.strip);
    setAttribute(this.checks, "data-none", service.strip.bars.length === 0 ? "" : null);
    this.tick(store.now);
  }

  /** Whom its trouble touches; nothing where it is no root cause, or stands alone. */
  relate({ blocked = [], affected = [] } = {}) {
    const parts = (most) => [blocked.length > 0 ? `blocks ${list(blocked, most)}` : "", affected.length > 0 ? `affects ${list(affected, most)}` : ""].filter(Boolean).join("; ");
    this.explain(this.reach, parts(3), parts(Infinity));
  }

  /** A text that may be cut has all of it as its title. */
  explain(element, text, whole = text) {
    setText(element, text);
    setAttribute(element, "title", whole || null);
    setAttribute(this.reason, "data-none", this.reason.textContent ? null : "");
  }

  uptime(cell, value, seconds) {
    setText(cell.firstChild, percent(value));
    setText(cell.lastChild, part(seconds));
    setAttribute(cell, "data-none", value === null || value === undefined ? "" : null);
    setAttribute(cell, "data-tone", value === null || value === undefined || value >= 99.9 || !this.isSuspect ? null : value >= 95 ? "warn" : "bad");
  }

  tick(now) {
    setTime(this.since, this.service.since, age(now - this.service.since));
    setTime(this.next, this.service.nextAttempt, countdown(this.service.nextAttempt - now));
    setAttribute(this.figures.next, "data-none", this.service.nextAttempt ? null : "");
  }
}
