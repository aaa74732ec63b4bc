// The drawing of the dependency graph: states by colour and shape, optional edges dashed, the path to a root cause marked.

import { h, pageOf, s, setAttribute, setText } from "./dom.js";
import { shortName } from "./format.js";
import { layout } from "./layout.js";
import { chains } from "./trouble.js";

const ALL = 150; // a drawing of more services is not readable
const NEIGHBOURHOOD = 60;
const TOP = 11; // room for the flag of a root cause
const GAP = 32; // the least between two layers side by side
const NODE = { width: 166, height: 44 };

export class Graph {
  /** @param focus the service whose neighbours are shown; null: all services */
  constructor(store, focus = null) {
    this.store = store;
    this.focus = focus;
    this.note = h("p", { class: "soft" });
    this.frame = h("div", { class: "frame" });
    const id = focus === null ? "graph" : "place";
    this.element = h("section", { class: "panel graph", "aria-labelledby": id },
      h("div", { class: "bar" }, h("h2", { id }, "Dependencies"), this.note, h("span", { class: "push" }), legend()),
      this.frame);
    this.shape = "";
    this.picture = null;
    this.nodes = new Map();
    this.edges = [];
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.frame);
  }

  leave() {
    this.observer.disconnect();
  }

  update(changes) {
    if (changes.roster || changes.graph || changes.whys) this.draw();
    this.paint(changes.roster || changes.whys || changes.node ? null : changes.names);
  }

  /** The paths to root causes; around one service those from it, and those to it. */
  chain() {
    if (this.focus === null) return chains(this.store);
    return chains(this.store, [...this.store.services.values()].filter(({ name, rootCause }) => name === this.focus || rootCause?.name === this.focus));
  }

  /** The services to draw. */
  chosen() {
    const { graph } = this.store;
    if (this.focus === null && graph.size <= ALL) return new Set(graph.keys());
    const chosen = new Set();
    const add = (name) => { if (graph.has(name) && chosen.size < NEIGHBOURHOOD) chosen.add(name); };
    if (this.focus !== null) {
      add(this.focus);
      const around = graph.get(this.focus);
      for (const name of around ? [...around.required, ...around.optional, ...around.dependents] : []) add(name);
      // Its requirements, down to the lowest layer; and the path to a root cause, if it is on one.
      for (const name of chosen) if (name === this.focus || !around?.dependents.includes(name)) for (const below of graph.get(name).required) add(below);
      for (const name of this.chain().names) add(name);
      return chosen;
    }
    for (const name of this.chain().names) add(name);
    for (const service of this.store.services.values()) if (service.trouble > 0) add(service.name);
    for (const name of [...chosen]) {
      const entry = graph.get(name);
      for (const other of [...entry.required, ...entry.optional, ...entry.dependents.slice(0, 8)]) add(other);
    }
    return chosen;
  }

  /** Draws again if the chosen services or the width have changed. */
  draw() {
    const chosen = this.chosen();
    const room = this.frame.clientWidth;
    if (room === 0) return;
    const layers = new Set([...chosen].map((name) => this.store.graph.get(name).layer)).size;
    const isDown = layers * NODE.width + (layers - 1) * GAP > room;
    const shape = [isDown, this.store.graph.size, ...chosen].join("\n");
    if (shape === this.shape) return;
    this.shape = shape;
    const total = this.store.graph.size;
    setText(this.note, this.focus === null && total > ALL ? (chosen.size === 0 ? `${total} services are too many for a drawing: it shows only services in trouble, and there are none.` : `Services in trouble and their neighbours: ${chosen.size} of ${total}.`) : "");
    this.frame.hidden = false;
    if (chosen.size === 0) {
      this.frame.replaceChildren();
      this.picture = null;
      return;
    }
    this.build([...chosen], isDown, room);
    this.paint(null);
  }

  build(names, isDown, room) {
    const { graph } = this.store;
    const chosen = new Set(names);
    const entries = names.map((name) => graph.get(name)).sort((a, b) => a.order - b.order);
    const edges = entries.flatMap((entry) => [
      ...entry.required.filter((name) => chosen.has(name)).map((from) => ({ from, to: entry.name, isOptional: false })),
      ...entry.optional.filter((name) => chosen.has(name)).map((from) => ({ from, to: entry.name, isOptional: true })),
    ]);
    const size = isDown ? { along: NODE.height, across: NODE.width, gap: 40 } : { along: NODE.width, across: NODE.height, gap: 0 };
    if (!isDown) {
      const layers = new Set(entries.map((entry) => entry.layer)).size;
      size.gap = layers > 1 ? Math.min(110, Math.max(GAP, (room - 4 - layers * NODE.width) / (layers - 1))) : 0;
    }
    const plan = layout(entries, edges, size);
    const point = ({ along, across }) => (isDown ? { x: across + 2, y: along + TOP } : { x: along + 2, y: across + TOP });
    const extent = isDown ? { x: plan.across + 4, y: plan.along + TOP + 2 } : { x: plan.along + 4, y: plan.across + TOP + 2 };
    // On a narrow page it is drawn a little smaller before it scrolls.
    const scale = Math.min(1, Math.max(0.72, room / extent.x));

    this.edges = edges.map((edge, index) => ({
      ...edge, key: `${edge.from}\n${edge.to}`,
      path: s("path", { class: edge.isOptional ? "edge optional" : "edge", d: curve(plan.routes[index], point, isDown), "marker-end": "url(#arrow)" }),
    }));
    this.nodes = new Map(entries.map((entry) => [entry.name, node(entry, point(plan.places.get(entry.name)))]));
    this.picture = s("svg", { class: "picture", width: round(extent.x * scale), height: round(extent.y * scale), viewBox: `0 0 ${extent.x} ${extent.y}`, role: "group", "aria-label": "Dependency graph: each node is a link to its service" },
      s("defs", {},
        s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerUnits: "userSpaceOnUse", markerWidth: 9, markerHeight: 9, orient: "auto" }, s("path", { d: "M1 1l6 3-6 3z", fill: "context-stroke" }))),
      s("g", { "aria-hidden": "true" }, this.edges.map((edge) => edge.path)),
      [...this.nodes.values()].map((each) => each.element));
    this.frame.replaceChildren(this.picture);
  }

  /** Updates the nodes of these services; null: of all. */
  paint(names) {
    if (!this.picture || names && ![...names].some((name) => this.nodes.has(name))) return;
    const chain = this.chain();
    for (const [name, each] of this.nodes) {
      const service = this.store.services.get(name);
      if (!service) continue;
      const isRoot = chain.roots.has(name);
      setAttribute(each.element, "data-is", service.status);
      setAttribute(each.element, "data-health", service.health);
      const isBare = service.runsBare;
      setAttribute(each.element, "data-bare", isBare ? "" : null);
      setAttribute(each.element, "class", `node${chain.names.has(name) ? " chained" : ""}${isRoot ? " root" : ""}${name === this.focus ? " focus" : ""}`);
      const health = service.status === "running" && (service.health === "degraded" || service.health === "unhealthy") ? service.health : null;
      setAttribute(each.use, "href", `#m-${health ?? service.status}`);
      setText(each.state, health ?? (isBare ? "running, no check" : service.status));
      setAttribute(each.element, "aria-label", `${name}, ${service.status}, ${service.healthWord}, layer ${service.layer}${isRoot ? ", root cause" : ""}`);
    }
    const isTroubled = chain.names.size > 0;
    setAttribute(this.picture, "data-troubled", isTroubled ? "" : null);
    for (const edge of this.edges) setAttribute(edge.path, "data-chain", chain.edges.has(edge.key) ? "" : null);
  }
}

function node(entry, { x, y }) {
  const use = s("use", { href: "#m-unknown", x: 11, y: NODE.height / 2 - 8, width: 16, height: 16 });
  const state = s("text", { x: 35, y: 33, class: "state" });
  const element = s("a", { href: pageOf(entry.name), transform: `translate(${x - NODE.width / 2} ${y - NODE.height / 2})` },
    s("rect", { class: "box", width: NODE.width, height: NODE.height, rx: 8 }), use, s("text", { x: 35, y: 18, class: "name" }, shortName(entry.name, 15)), state,
    s("g", { class: "flag", "aria-hidden": "true" }, s("rect", { x: NODE.width - 76, y: -9, width: 68, height: 16, rx: 4 }), s("text", { x: NODE.width - 42, y: 3 }, "root cause")),
    s("title", {}, entry.name));
  return { element, use, state };
}

/** An edge from node to node through its lanes, which leaves and enters nodes in the direction of the layers. */
function curve(route, point, isDown) {
  const half = isDown ? NODE.height / 2 : NODE.width / 2;
  const stops = route.flatMap((stop, index) => {
    if (!stop.isLane) return [{ ...stop, along: stop.along + (index === 0 ? half : -half - 1) }];
    return [{ ...stop, along: stop.along - half }, { ...stop, along: stop.along + half }];
  });
  const points = stops.map(point);
  let path = `M${round(points[0].x)} ${round(points[0].y)}`;
  for (let index = 1; index < points.length; index += 1) {
    const [a, b] = [points[index - 1], points[index]];
    const isStraight = route.length > 2 && index % 2 === 0;
    if (isStraight) path += `L${round(b.x)} ${round(b.y)}`;
    else if (isDown) path += `C${round(a.x)} ${round((a.y + b.y) / 2)} ${round(b.x)} ${round((a.y + b.y) / 2)} ${round(b.x)} ${round(b.y)}`;
    else path += `C${round((a.x + b.x) / 2)} ${round(a.y)} ${round((a.x + b.x) / 2)} ${round(b.y)} ${round(b.x)} ${round(b.y)}`;
  }
  return path;
}

const round = (number) => Math.round(number * 10) / 10;

function legend() {
  const line = (kind) => s("svg", { width: 28, height: 10, "aria-hidden": "true" }, s("path", { class: `edge ${kind}`, d: "M1 5H27" }));
  return h("p", { class: "legend" }, line(""), " required ", line("optional"), " optional");
}
