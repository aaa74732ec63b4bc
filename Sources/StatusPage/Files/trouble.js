// Root causes: one card for each, with the services that it blocks or affects.

import { act } from "./actions.js";
import { badge, breakable, h, pageOf, setText, setTime } from "./dom.js";
import { age, countdown, list, zoned } from "./format.js";
import { isLive } from "./store.js";

const MOST = 6;

/** The root causes of all trouble, worst first: `{name, sentence, trouble, victims}`. */
export function rootCauses(store) {
  const causes = new Map();
  for (const service of store.services.values()) {
    if (!isConcerned(service, store)) continue;
    const root = service.rootCause?.name ?? service.name;
    const cause = causes.get(root) ?? { name: root, sentence: null, trouble: store.services.get(root)?.trouble ?? 0, victims: [] };
    if (service.name !== root) {
      cause.victims.push(service.name);
      // A sentence about an earlier state of the root is out of date.
      if (service.rootCause.status === store.services.get(root)?.status) cause.sentence ??= service.rootCause.sentence;
    }
    causes.set(root, cause);
  }
  return [...causes.values()].sort((a, b) => b.trouble - a.trouble || b.victims.length - a.victims.length);
}

/** Whether another service keeps this one from running; during the start of the node, waiting is normal. */
export function isBlocked(service, store) {
  if (service.status !== "waiting") return false;
  if (store.node.isInitialized) return true;
  const root = store.services.get(service.rootCause?.name);
  return root !== undefined && root.trouble > 0;
}

/** Whether a service that has started relies on one that is lost to it, and is not merely on its way up or down. */
export function isAffected(service, store) {
  if (service.status === "waiting" || !service.rootCause) return false;
  const root = store.services.get(service.rootCause.name);
  return root !== undefined && (root.trouble > 0 || !isLive(root.status));
}

/** Whether it is in trouble, or another's trouble holds it up or affects it. */
export function isConcerned(service, store) {
  return service.trouble > 0 || isBlocked(service, store) || isAffected(service, store);
}

/** The services whose `why` is read: those that have a card. */
export function worthAsking(store) {
  return rootCauses(store).slice(0, MOST).map((cause) => cause.name);
}

/**
 * The services on the paths from those concerned down to their root causes, and the edges between them as "dependency\ndependent". `roots`:
 * those of them whose trouble blocks, affects or explains another's.
 */
export function chains(store, starts = worstFirst(store)) {
  const names = new Set();
  const edges = new Set();
  const roots = new Set();
  const seen = new Set();
  for (const start of starts) {
    if (!isConcerned(start, store)) continue;
    const root = start.rootCause?.name ?? start.name;
    if (root !== start.name) roots.add(root);
    else for (const name of below(start, store)) if (below(store.services.get(name), store).size === 0) roots.add(name);
    const ways = new Ways(root, store);
    const rest = [start];
    while (rest.length > 0) {
      const service = rest.pop();
      if (seen.has(`${root}\n${service.name}`)) continue;
      seen.add(`${root}\n${service.name}`);
      names.add(service.name);
      for (const name of ways.from(service)) {
        edges.add(`${name}\n${service.name}`);
        if (store.services.has(name)) rest.push(store.services.get(name));
      }
    }
  }
  return { names, edges, roots };
}

/** The services in trouble that it requires, directly or through others. */
function below(service, store) {
  const troubled = new Set();
  const seen = new Set([service.name]);
  const rest = [service.name];
  while (rest.length > 0) {
    for (const name of store.graph.get(rest.pop())?.required ?? []) {
      if (seen.has(name)) continue;
      seen.add(name);
      rest.push(name);
      if (store.services.get(name)?.trouble > 0) troubled.add(name);
    }
  }
  return troubled;
}

/** The ways through the graph to one root cause. */
class Ways {
  constructor(root, store) {
    this.root = root;
    this.store = store;
    this.known = new Map([[root, true]]);
  }

  /** The next services on the ways: those that it waits for; once it has started, the required ones that lead on. */
  from(service) {
    if (service.waitsFor.length > 0) return service.waitsFor.map(({ name }) => name);
    return service.name === this.root ? [] : this.required(service.name).filter((name) => this.leadsOn(name));
  }

  required(name) {
    return this.store.graph.get(name)?.required ?? [];
  }

  /** A dependency is lost through a service that has completed, and through one with the same root cause. */
  leadsOn(name) {
    if (!this.known.has(name)) {
      this.known.set(name, false);
      const service = this.store.services.get(name);
      const isOnWay = service?.status === "completed" || service?.rootCause?.name === this.root;
      this.known.set(name, isOnWay && (service.waitsFor.length > 0 || this.required(name).some((next) => this.leadsOn(next))));
    }
    return this.known.get(name);
  }
}

function worstFirst(store) {
  return [...store.services.values()].sort((a, b) => b.trouble - a.trouble);
}

/** The cards. */
export class Troubles {
  constructor(store) {
    this.store = store;
    this.grid = h("div", { class: "cards" });
    this.more = h("p", { class: "soft" });
    this.element = h("section", { class: "troubles", "aria-labelledby": "troubles" }, h("h2", { id: "troubles" }, "What is wrong"), this.grid, this.more);
    this.cards = new Map();
  }

  update() {
    const causes = rootCauses(this.store);
    this.element.hidden = causes.length === 0;
    const shown = causes.slice(0, MOST);
    this.more.textContent = causes.length > MOST ? `And ${causes.length - MOST} more: select “Only troubled” in the table below.` : "";
    const cards = shown.map((cause) => this.card(cause));
    // Only changed cards are replaced, so that a button keeps the focus.
    if (cards.length !== this.grid.children.length || cards.some((card, index) => this.grid.children[index] !== card)) this.grid.replaceChildren(...cards);
    for (const name of this.cards.keys()) if (!shown.some((cause) => cause.name === name)) this.cards.delete(name);
    this.tick();
  }

  card(cause) {
    const service = this.store.services.get(cause.name);
    const known = this.cards.get(cause.name);
    const answer = this.store.whys.get(cause.name);
    // An answer about an earlier state is out of date, and the next one is being read.
    const why = answer?.status === service?.status ? answer : undefined;
    // A service that falls again and again keeps its words, and the page its layout.
    const words = service?.isRecovering ? service.note : why?.sentence ?? cause.sentence ?? service?.note ?? "";
    const key = JSON.stringify([service?.status, service?.health, service?.trouble, words, why?.last_failures, victims(cause, this.store), this.store.node.canControl, service?.lastLine, service?.since]);
    if (known?.key === key) return known.element;
    const element = known?.element ?? h("article", { class: "card" });
    const concerned = victims(cause, this.store);
    const failure = why?.last_failures?.at(-1)?.message;
    const sentence = plain(words, cause.name);
    const said = service?.trouble > 0 && service.lastLine && ![sentence, failure].some((text) => text?.includes(service.lastLine)) ? service.lastLine : "";
    const focused = element.contains(document.activeElement);
    element.dataset.trouble = String(service?.trouble ?? 0);
    element.replaceChildren(
      h("h3", {}, h("a", { href: pageOf(cause.name) }, breakable(cause.name)), service ? badge(service.status, service.runsBare) : "",
        service && service.health !== "unknown" && service.status === "running" ? badge(service.healthWord) : ""),
      h("p", { class: "why", "data-service": cause.name, "data-sentence": sentence }),
      failure && !words.includes(failure) ? h("p", { class: "failure" }, failure) : "",
      said ? h("p", { class: "failure last" }, h("span", { class: "label" }, "Last line of its log"), " ", h("q", {}, said)) : "",
      concerned ? h("p", { class: "victims" }, concerned) : "",
      h("p", { class: "row" },
        service?.kind === "external" ? "" : this.button(cause.name, service?.status === "failed" || service?.status === "backoff" || service?.status === "stopped" ? "start" : "restart"),
        h("a", { class: "button quiet", href: pageOf(cause.name) }, "Details and logs"),
        h("time", { class: "next", "data-service": cause.name }),
        service?.since ? setTime(h("time", { class: "at" }), service.since, `${service.status} since ${zoned(service.since)}`) : ""));
    this.cards.set(cause.name, { key, element });
    if (focused) element.querySelector("button, a")?.focus();
    return element;
  }

  button(name, verb) {
    const service = this.store.services.get(name);
    const isForced = service?.status === "failed" && verb === "start";
    const { canControl, refusal } = this.store.node;
    const word = isForced || verb === "restart" ? "Restart" : service?.status === "backoff" ? "Try now" : "Start";
    return h("button", {
      type: "button", class: "quiet", "aria-label": `${word} ${name}`, disabled: canControl === false,
      title: canControl === false ? refusal : null, "aria-describedby": canControl === false ? "refusal" : null,
      onclick: () => act(this.store, isForced ? "restart" : verb, name),
    }, word);
  }

  tick() {
    const { now, services } = this.store;
    for (const element of this.grid.querySelectorAll(".next")) {
      const next = services.get(element.dataset.service)?.nextAttempt ?? null;
      setTime(element, next, `next attempt ${next <= now ? "now" : `in ${countdown(next - now)}`}`);
    }
    for (const element of this.grid.querySelectorAll(".why")) {
      const service = services.get(element.dataset.service);
      setText(element, current(element.dataset.sentence, service, now));
    }
  }
}

/** The services without a process because of it, and those that run and rely on it. */
export function reach(cause, store) {
  const runs = (name) => isLive(store.services.get(name)?.status);
  return { blocked: cause.victims.filter((name) => !runs(name)), affected: cause.victims.filter(runs) };
}

/** The same in sentences. */
export function victims(cause, store) {
  const { blocked, affected } = reach(cause, store);
  const parts = [];
  if (blocked.length > 0) parts.push(`${blocked.length === 1 ? "Blocked by it" : `${blocked.length} services are blocked by it`}: ${list(blocked, 6)}`);
  if (affected.length > 0) parts.push(`${affected.length === 1 ? "Runs, but is affected" : `${affected.length} services run, but are affected`}: ${list(affected, 6)}`);
  return parts.join(". ");
}

/** The sentence with current times in place of those at its reading. The time until the next attempt stands beside it, and runs. */
export function current(sentence, service, now) {
  if (!service?.since) return sentence;
  const text = sentence.replace(/^Failed \d+ (s|min|h|d) ago/, `Failed ${age(now - service.since)} ago`)
    .replace(/^(Has been \w+ for) \d+ (s|min|h|d)/, `$1 ${age(now - service.since)}`);
  return service.nextAttempt ? text.replace(/, restarts in \d+ \w+(?: \d+ \w+)? (?=\(\d)/, " ") : text;
}

/** The sentence without the service's name at its beginning, with a capital and a full stop. */
export function plain(sentence, name) {
  const text = sentence.startsWith(`${name} `) ? sentence.slice(name.length + 1) : sentence;
  return text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "";
}
