// The overview of the node.

import { Events } from "./events.js";
import { Graph } from "./graph.js";
import { h } from "./dom.js";
import { Table } from "./table.js";
import { Troubles } from "./trouble.js";
import { Verdict } from "./verdict.js";

export class Overview {
  constructor(store) {
    this.title = "";
    this.verdict = new Verdict(store);
    this.troubles = new Troubles(store);
    this.table = new Table(store);
    this.graph = new Graph(store);
    this.events = new Events(store);
    this.heading = this.verdict.head;
    this.heading.tabIndex = -1;
    this.element = h("div", { class: "overview" }, this.verdict.element, this.troubles.element, this.table.element,
      this.graph.element, this.events.element);
  }

  leave() {
    this.graph.leave();
  }

  update(changes) {
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

  refresh() {}

  /** `/` moves the focus to the filter. */
  key(event) {
    if (event.key !== "/") return;
    event.preventDefault();
    this.table.filter.focus();
  }
}
