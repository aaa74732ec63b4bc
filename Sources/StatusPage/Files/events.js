// The list of events, which can be paused.

import { h, mark, pageOf, setText, time } from "./dom.js";
import { clock, parse, zone } from "./format.js";

const MARKS = { restarted: "starting", gave_up: "failed", last_error: "failed", left_over: "stopping", ready: "healthy", initialized: "healthy", reloaded: "completed", stopping: "stopping", stopped: "stopped", registry: "unknown", hello: "unknown" };

export class Events {
  /** @param only the service whose events are shown; null: all */
  constructor(store, only = null) {
    this.store = store;
    this.only = only;
    this.last = null;
    /** Events from before those that the store has. */
    this.past = [];
    this.list = h("ol", {});
    this.log = h("div", { class: "events", role: "log", "aria-live": "polite", "aria-label": "Events", tabindex: "0" }, this.list);
    this.empty = h("p", { class: "soft none" }, only === null ? "No events yet." : "");
    this.isPaused = false;
    this.missed = 0;
    this.button = h("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => this.toggle() }, "Pause");
    this.element = h("section", { class: "panel feed", "aria-labelledby": "events" },
      h("div", { class: "bar" }, h("h2", { id: "events" }, "Events"), h("span", { class: "soft zone" }, `times in ${zone(Date.now())}`), h("span", { class: "push" }), this.button), this.empty, this.log);
    this.show();
  }

  toggle() {
    this.isPaused = !this.isPaused;
    this.button.setAttribute("aria-pressed", String(this.isPaused));
    this.log.setAttribute("aria-live", this.isPaused ? "off" : "polite");
    this.missed = 0;
    if (!this.isPaused) this.show();
    this.showButton();
  }

  showButton() {
    this.button.textContent = this.isPaused ? `Resume${this.missed > 0 ? ` (${this.missed} new)` : ""}` : "Pause";
  }

  update(changes) {
    if (!changes.newEvents) return;
    if (changes.past) {
      this.list.replaceChildren();
      this.last = null;
    }
    if (this.isPaused) {
      this.missed = this.news().length;
      this.showButton();
    } else {
      this.show();
    }
  }

  /** Takes the events of this service from before the page was opened. `none`: what is true if there are none. */
  takePast(events, none) {
    this.past = events;
    setText(this.empty, none);
    this.update({ newEvents: true, past: true });
  }

  /** The events that are not in the list yet. */
  news() {
    const index = this.last === null ? -1 : this.store.events.findLastIndex((event) => event === this.last);
    const events = this.store.events.slice(index + 1);
    const known = new Set(events.map((event) => event.id));
    const past = this.last === null ? this.past.filter((event) => !known.has(event.id)) : [];
    return [...past, ...events].filter((event) => this.only === null || event.service === this.only);
  }

  show() {
    const news = this.news();
    this.last = this.store.events.at(-1) ?? null;
    if (news.length === 0) return;
    // The newest on top. A list that is scrolled down stays where it is: the browser anchors it.
    this.list.prepend(...news.reverse().map(item));
    while (this.list.children.length > 200) this.list.lastElementChild.remove();
    this.empty.hidden = true;
  }
}

function item(event) {
  const shape = event.kind === "status" || event.kind === "health" || event.kind === "composite" ? event.to : event.kind === "ready" && !event.is_ready ? "degraded" : MARKS[event.kind] ?? "unknown";
  const at = parse(event.at);
  return h("li", { class: "event", "data-is": shape, "data-id": event.id },
    time(at, clock(at)), mark(shape), h("span", { class: "message" }, ...linked(event)));
}

/** The sentence, with the service's name as a link. */
function linked(event) {
  const index = event.service ? event.message.indexOf(event.service) : -1;
  if (index < 0) return [event.message];
  const end = index + event.service.length;
  return [event.message.slice(0, index), h("a", { href: pageOf(event.service) }, event.service), event.message.slice(end)];
}
