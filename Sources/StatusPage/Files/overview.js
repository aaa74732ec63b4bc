// The overview of the node.

import { read } from "./api.js";
import { Events } from "./events.js";
import { Graph } from "./graph.js";
import { h } from "./dom.js";
import { Table } from "./table.js";
import { Troubles } from "./trouble.js";
import { Verdict } from "./verdict.js";

const MOST_TRENDS = 300; // services; the trends of more would be megabytes

export class Overview {
  constructor(store) {
    this.store = store;
    this.title = "";
    this.verdict = new Verdict(store);
    this.troubles = new Troubles(store);
    this.table = new Table(store);
    this.graph = new Graph(store);
    this.events = new Events(store);
    this.heading = this.verdict.head;
    this.heading.tabIndex = -1;
    this.control = new AbortController();
    this.turn = 0;
    this.element = h("div", { class: "overview" }, this.verdict.element, this.troubles.element, this.table.element,
      this.graph.element, this.events.element);
  }

  leave() {
    this.control.abort();
    this.graph.leave();
  }

  update(changes) {
    if (changes.roster && this.turn === 0) this.refresh();
    if (changes.names.size > 0 || changes.node || changes.roster || changes.whys) {
      this.verdict.update();
      this.troubles.update();
    }
    this.table.update(changes);
    this.graph.update(changes);
    this.events.update(changes);
  }

  tick() {
    this.table.tick();
    this.troubles.tick();
  }

  /** Reads the trends, each second time: as often as there are new samples. */
  async refresh() {
    const count = this.store.services.size;
    if (count === 0 || count > MOST_TRENDS) return;
    this.turn += 1;
    if (this.turn % 2 === 0) return;
    try {
      this.store.takeUsage(await read("usage", this.control.signal));
    } catch {
      // The figures are shown without their trends.
    }
  }

  /** `/` moves the focus to the filter. */
  key(event) {
    if (event.key !== "/") return;
    event.preventDefault();
    this.table.filter.focus();
  }
}
