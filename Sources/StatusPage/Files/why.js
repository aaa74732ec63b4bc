// Why a service is in its state: a sentence, the tree down to the root cause, and advice.

import { badge, h, pageOf, time } from "./dom.js";
import { age, clock, count, countdown, parse, zoned } from "./format.js";

export class Why {
  constructor(store, name) {
    this.store = store;
    this.name = name;
    this.sentence = h("p", { class: "sentence" });
    this.facts = h("p", { class: "soft" });
    this.tree = h("div", { class: "tree" });
    this.advice = h("div", { class: "advice" });
    this.element = h("section", { class: "panel why", "aria-labelledby": "why" }, h("div", { class: "bar" }, h("h2", { id: "why" }, "Why")), this.sentence, this.facts, this.tree, this.advice);
    this.answer = null;
    this.shown = "";
  }

  draw(answer) {
    this.answer = answer;
    const shown = JSON.stringify([answer, this.store.node.canControl]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.sentence.textContent = `${answer.sentence}.`;
      this.tree.replaceChildren(...failures(answer), ...(answer.causes.length > 0 ? [branch(answer.causes, answer.root_cause)] : []));
      const advice = answer.advice.filter((line) => line.startsWith("stoker "));
      this.advice.replaceChildren(...(advice.length > 0 ? [h("p", { class: "soft" }, "In a terminal:"), ...advice.map((line) => h("code", {}, line))] : []));
    }
    this.tick();
  }

  tick() {
    const { answer, store } = this;
    if (!answer) return;
    const facts = [];
    if (answer.next_attempt) facts.push(`next attempt ${parse(answer.next_attempt) <= store.now ? "now" : `in ${countdown(parse(answer.next_attempt) - store.now)}`}`);
    if (answer.restart_attempts > 0 && !/gave up after|restarts? used/.test(answer.sentence)) facts.push(`${answer.restart_limit ? `${answer.restart_attempts} of ` : ""}${count(answer.restart_limit ?? answer.restart_attempts, "restart")} used`);
    if (answer.last_error) facts.push(`last error${answer.last_error_at ? `, ${age(store.now - parse(answer.last_error_at))} ago (${zoned(parse(answer.last_error_at))})` : ""}: ${answer.last_error}`);
    if (answer.root_cause !== answer.service) facts.push(`root cause: ${answer.root_cause}`);
    const text = facts.join(" · ");
    if (this.facts.textContent !== text) this.facts.textContent = text;
    for (const element of this.tree.querySelectorAll("[data-since]")) {
      const since = `for ${age(store.now - Number(element.dataset.since))}`;
      if (element.textContent !== since) element.textContent = since;
    }
  }
}

function branch(causes, root) {
  return h("ul", {}, causes.map((cause) => h("li", {},
    h("p", {}, h("a", { href: pageOf(cause.service) }, cause.service), " ", badge(cause.status), " ", h("span", { class: "soft", "data-since": String(parse(cause.since)), title: `since ${zoned(parse(cause.since))}` }),
      cause.service === root ? h("strong", { class: "tag" }, "root cause") : ""),
    h("p", { class: "soft" }, cause.sentence), ...failures(cause), cause.causes.length > 0 ? branch(cause.causes, root) : "")));
}

function failures(node) {
  if (node.last_failures.length === 0) return [];
  return [h("ul", { class: "failures", "aria-label": `Failed checks of ${node.service}` }, node.last_failures.map((check) => h("li", {}, time(parse(check.timestamp), clock(parse(check.timestamp))), ` ${check.message}`)))];
}
