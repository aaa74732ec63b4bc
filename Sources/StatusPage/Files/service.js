// The page of one service: its state and why, its checks, runs, log and dependencies.

import { act } from "./actions.js";
import { pathOf, read, Refused } from "./api.js";
import { badge, breakable, h, pageOf, setBadge, setText, setTime } from "./dom.js";
import { Events } from "./events.js";
import { eventsBefore } from "./stream.js";
import { age, bytes, count, part, percent, processor, zoned } from "./format.js";
import { Graph } from "./graph.js";
import { Logs } from "./logs.js";
import { Runs } from "./runs.js";
import { isLive } from "./store.js";
import { LongStrip } from "./strip.js";
import { TRENDS } from "./table.js";
import { drawTrend, smallTrend } from "./trend.js";
import { drawOwn, ownTroubles } from "./verdict.js";
import { Why } from "./why.js";

const EVENTS = 8000; // as many as Stoker keeps, nearly

export class ServiceView {
  constructor(store, name) {
    this.store = store;
    this.name = name;
    this.title = name;
    this.control = new AbortController();
    this.state = badge("unknown");
    this.health = badge("unknown");
    this.heading = h("h1", { tabindex: "-1" }, breakable(name));
    this.description = h("p", { class: "lead" });
    this.buttons = h("div", { class: "row", role: "group", "aria-label": "Control" });
    this.refusal = h("p", { class: "soft", id: "refusal" });
    this.own = ownTroubles();
    this.figures = h("dl", { class: "figures" });
    this.trends = Object.fromEntries(Object.keys(TRENDS).map((key) => [key, smallTrend()]));
    this.why = new Why(store, name);
    this.strip = new LongStrip();
    this.runs = new Runs();
    this.graph = new Graph(store, name);
    this.relations = h("div", { class: "relations" });
    this.graph.element.append(this.relations);
    this.logs = new Logs(name);
    this.events = new Events(store, name);
    this.parts = h("div", { class: "parts" },
      h("div", { class: "wide" }, this.why.element,
        h("section", { class: "panel", "aria-labelledby": "checks" }, h("div", { class: "bar" }, h("h2", { id: "checks" }, "Checks")), this.strip.element),
        this.logs.element, this.runs.element),
      h("div", { class: "narrow" }, this.graph.element, this.events.element));
    this.element = h("div", { class: "service-page" },
      h("p", { class: "crumbs" }, h("a", { href: "#/" }, "All services")), this.own,
      h("header", {}, h("div", {}, h("div", { class: "title" }, this.heading, this.state, this.health), this.description), h("div", { class: "controls" }, this.buttons, this.refusal)),
      this.figures, this.parts);
    this.detail = null;
    this.drawButtons();
    this.refresh();
  }

  leave() {
    this.control.abort();
    this.graph.leave();
    this.logs.leave();
  }

  /** Reads the data that only this page shows. */
  async refresh() {
    const { signal } = this.control;
    const [detail, why, history, usage] = await Promise.allSettled([
      read(pathOf(this.name), signal), read(pathOf(this.name, "/why"), signal), read(pathOf(this.name, "/history?limit=50"), signal), read(pathOf(this.name, "/usage"), signal),
    ]);
    if (signal.aborted) return;
    if (detail.status === "fulfilled") this.draw(detail.value);
    else if (detail.reason instanceof Refused && detail.reason.status === 404) this.missing(detail.reason.message);
    if (why.status === "fulfilled") {
      this.why.draw(why.value);
      this.store.whys.set(this.name, why.value);
      this.store.touch({ whys: true });
    }
    if (usage.status === "fulfilled") this.store.takeUsage(usage.value);
    if (history.status === "fulfilled") this.runs.draw(history.value.history, history.value.output_refusal);
    else if (history.reason instanceof Refused) this.runs.refuse(`${history.reason.message}.`);
  }

  /** Reads its events from before the page was opened, once. */
  async readEvents() {
    const { lastId } = this.store;
    if (this.hasEvents || lastId === null) return;
    this.hasEvents = true;
    const events = await eventsBefore("events", lastId, EVENTS, this.name);
    const isAll = Number(lastId.split("-")[1]) <= EVENTS;
    this.events.takePast(events.filter(({ service }) => service === this.name).slice(-200), isAll ? "No events since Stoker began." : `None among the last ${EVENTS} events.`);
  }

  missing(message) {
    this.logs.leave();
    this.parts.remove();
    this.figures.remove();
    this.buttons.remove();
    this.state.remove();
    this.health.remove();
    setText(this.description, `${message}.`);
  }

  draw(detail) {
    this.detail = detail;
    setText(this.description, [detail.description, detail.said ? `Its own status: ${detail.said}` : ""].filter(Boolean).join(". "));
    this.strip.draw(detail.health_history, detail.checked ?? true, isLive(detail.status));
    this.drawRelations(detail.dependencies);
    this.update({ names: new Set([this.name]) });
  }

  drawRelations({ required, optional, dependents }) {
    const row = (label, names) => (names.length === 0 ? "" : h("div", {}, h("h3", {}, label), h("ul", { class: "names" }, names.map((name) => h("li", {}, h("a", { href: pageOf(name) }, name))))));
    const key = JSON.stringify([required, optional, dependents]);
    if (key === this.relationsShown) return;
    this.relationsShown = key;
    this.relations.replaceChildren(row("Requires", required), row("Uses, optionally", optional), row("Needed by", dependents));
    if (required.length + optional.length + dependents.length === 0) this.relations.append(h("p", { class: "soft" }, "It has no dependencies and no dependents."));
  }

  update(changes) {
    this.graph.update(changes);
    this.events.update(changes);
    this.readEvents();
    if (!changes.roster && !changes.node && !changes.names.has(this.name)) return;
    const service = this.store.services.get(this.name);
    if (!service) return;
    drawOwn(this.own, this.store.node.troubles.filter(({ services }) => services.length === 0 || services.includes(this.name)));
    setBadge(this.state, service.status, service.runsBare);
    setBadge(this.health, service.healthWord);
    this.drawButtons();
    this.tick();
    // After its own change everything about it is read again, once the change has been recorded.
    if (changes.newEvents && changes.names.has(this.name)) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.refresh(), 300);
    }
  }

  drawButtons() {
    const service = this.store.services.get(this.name);
    const { canControl, refusal } = this.store.node;
    const status = service?.status ?? "unknown";
    const key = JSON.stringify([status, canControl, service?.kind]);
    if (key === this.buttonsShown) return;
    this.buttonsShown = key;
    const isDown = ["stopped", "completed", "failed"].includes(status);
    const isExternal = service?.kind === "external";
    const isOff = canControl === false || !service;
    const focused = this.buttons.contains(document.activeElement) ? document.activeElement.dataset.verb : null;
    const button = (verb, word, style) => h("button", {
      type: "button", class: style, "data-verb": verb, disabled: isOff, title: canControl === false ? refusal : null, "aria-describedby": isOff ? "refusal" : null, onclick: () => act(this.store, verb, this.name),
    }, word);
    const verbs = isExternal ? [] : status === "failed" ? [button("restart", "Restart", "main")]
      : isDown ? [button("start", status === "completed" ? "Run again" : "Start", "main")]
      : status === "backoff" ? [button("start", "Try now", "main"), button("stop", "Stop", "quiet")]
      : [button("restart", "Restart", "main"), button("stop", "Stop", "quiet")];
    this.buttons.replaceChildren(...verbs);
    setText(this.refusal, canControl === false ? refusal : isExternal ? "External: Stoker checks it but does not start it." : "");
    if (focused) this.buttons.querySelector(`[data-verb="${focused}"], button`)?.focus();
  }

  tick() {
    this.why.tick();
    const service = this.store.services.get(this.name);
    if (!service) return;
    const limit = this.detail?.restart_limit;
    // Windows that tell the same are one figure.
    const uptimes = service.hasUptimes
      ? [["Uptime 1 h", percent(service.uptimeHour), part(service.hourOf)], ["Uptime 24 h", percent(service.uptimeDay), part(service.dayOf)],
        ["Uptime 7 d", percent(service.uptimeWeek), part(service.weekOf)]]
      : [["Uptime", percent(service.uptimeWeek ?? service.uptimeDay ?? service.uptimeHour), part(service.weekOf)]];
    const descriptors = service.pid ? service.trends?.descriptors.values.findLast((value) => value !== null) : null;
    const figures = [
      ["Since", service.since === null ? "–" : age(this.store.now - service.since), service.since === null ? "" : zoned(service.since)],
      ...uptimes,
      ["Restarts", String(service.restarts ?? 0), service.attempts > 0 ? `${limit ? `${service.attempts} of ` : ""}${count(limit ?? service.attempts, "attempt")} used` : service.lastRestart ? `last at ${zoned(service.lastRestart)}` : "none yet"],
      ["CPU", processor(service.cpu), "of one processor", "cpu"], ["Memory", bytes(service.memory), "resident", "memory"],
      ["Descriptors", String(descriptors ?? "–"), "open in one process", "descriptors"],
      ["Pid", service.pid ? String(service.pid) : "–", `${service.kind}${this.detail?.version ? `, version ${this.detail.version}` : ""}`],
      ["Layer", String(service.layer), service.isCritical ? "critical" : "not critical"],
    ];
    if (this.figures.children.length !== figures.length) {
      this.figures.replaceChildren(...figures.map(([, , , trend]) => h("div", {}, h("dt", {}), h("dd", { class: "value" }), h("dd", { class: "soft" }), trend ? h("dd", {}, this.trends[trend]) : "")));
    }
    for (const [key, svg] of Object.entries(this.trends)) drawTrend(svg, service.trends?.[TRENDS[key].figure], TRENDS[key]);
    figures.forEach(([label, value, note], index) => {
      const [term, figure, small] = this.figures.children[index].children;
      setText(term, label);
      setText(figure, value);
      setText(small, note);
    });
  }
}
