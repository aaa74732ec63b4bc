// Root causes: one card for each, with the services that it blocks.

import { act } from "./actions.js";
import { badge, h, pageOf, setText } from "./dom.js";
import { age, countdown, list } from "./format.js";

const MOST = 6;

/** The root causes of all trouble, worst first: `{name, sentence, trouble, victims}`. */
export function rootCauses(store) {
  const causes = new Map();
  for (const service of store.services.values()) {
    if (service.trouble === 0 && !isBlocked(service, store)) continue;
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

/** The services whose `why` is read: those that have a card. */
export function worthAsking(store) {
  return rootCauses(store).slice(0, MOST).map((cause) => cause.name);
}

/** The services on the paths from troubled ones down to their root causes, and the edges between them as "dependency\ndependent". */
export function chains(store, starts = worstFirst(store)) {
  const names = new Set();
  const edges = new Set();
  const roots = new Set();
  for (const start of starts) {
    if (start.trouble === 0 && !isBlocked(start, store)) continue;
    roots.add(start.rootCause?.name ?? start.name);
    const rest = [start];
    while (rest.length > 0) {
      const service = rest.pop();
      if (names.has(service.name)) continue;
      names.add(service.name);
      for (const { name } of service.waitsFor) {
        edges.add(`${name}\n${service.name}`);
        if (store.services.has(name)) rest.push(store.services.get(name));
      }
    }
  }
  return { names, edges, roots };
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
    const key = JSON.stringify([service?.status, service?.health, why?.sentence ?? cause.sentence ?? service?.note, why?.last_error, cause.victims, this.store.node.canControl]);
    if (known?.key === key) return known.element;
    const element = known?.element ?? h("article", { class: "card" });
    const victims = cause.victims.length > 0
      ? h("p", { class: "victims" }, cause.victims.length === 1 ? "Blocked by it: " : `${cause.victims.length} services are blocked by it: `, list(cause.victims, 6))
      : null;
    const failure = why?.last_failures?.at(-1)?.message;
    const focused = element.contains(document.activeElement);
    element.dataset.trouble = String(service?.trouble ?? 0);
    element.replaceChildren(
      h("h3", {}, h("a", { href: pageOf(cause.name) }, cause.name), service ? badge(service.status, service.status === "running" && service.isBare) : "",
        service && service.health !== "unknown" && service.status === "running" ? badge(service.healthWord) : ""),
      h("p", { class: "why", "data-service": cause.name, "data-sentence": plain(why?.sentence ?? cause.sentence ?? service?.note ?? "", cause.name) }),
      failure && !why.sentence.includes(failure) ? h("p", { class: "failure" }, failure) : "",
      victims ?? "",
      h("p", { class: "row" },
        this.button(cause.name, service?.status === "failed" || service?.status === "backoff" || service?.status === "stopped" ? "start" : "restart"),
        h("a", { class: "button quiet", href: pageOf(cause.name) }, "Details and logs"),
        h("span", { class: "next", "data-service": cause.name })));
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
      type: "button", class: "quiet", "aria-label": `${word} ${name}`, disabled: canControl === false || service?.kind === "external",
      title: canControl === false ? refusal : null, "aria-describedby": canControl === false ? "refusal" : null,
      onclick: () => act(this.store, isForced ? "restart" : verb, name),
    }, word);
  }

  tick() {
    const { now, services } = this.store;
    for (const element of this.grid.querySelectorAll(".next")) {
      const next = services.get(element.dataset.service)?.nextAttempt;
      setText(element, next ? `next attempt ${next <= now ? "now" : `in ${countdown(next - now)}`}` : "");
    }
    for (const element of this.grid.querySelectorAll(".why")) {
      const service = services.get(element.dataset.service);
      setText(element, current(element.dataset.sentence, service, now));
    }
  }
}

/** The sentence with current times in place of those at its reading. */
function current(sentence, service, now) {
  if (!service?.since) return sentence;
  const text = sentence.replace(/^Failed \d+ (s|min|h|d) ago/, `Failed ${age(now - service.since)} ago`);
  return service.nextAttempt ? text.replace(/(, restart \d+(?: of \d+)?) in \d+ (?:s|min|h|d)(?=[:.])/, "$1") : text;
}

/** The sentence without the service's name at its beginning, with a capital and a full stop. */
export function plain(sentence, name) {
  const text = sentence.startsWith(`${name} `) ? sentence.slice(name.length + 1) : sentence;
  return text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "";
}
