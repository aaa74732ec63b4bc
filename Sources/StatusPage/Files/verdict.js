// The verdict on the node at a glance: its condition, and the services that need attention.

import { h, mark, pageOf, setAttribute, setText } from "./dom.js";
import { count, list } from "./format.js";
import { isAffected } from "./trouble.js";

/** The verdict on a node: a tone, a headline and a sentence; `names` are the services concerned. */
export function judge(store) {
  const services = [...store.services.values()];
  const total = services.length;
  if (total === 0) {
    return store.asOf === null
      ? { tone: "idle", head: "Loading", text: "The first answer has not arrived yet.", names: [] }
      : { tone: "idle", head: "Nothing to do", text: "The service file has no services.", names: [] };
  }
  const needy = services.filter((service) => service.trouble === 3);
  const troubled = services.filter((service) => service.trouble > 0);
  const waiting = services.filter((service) => service.status === "waiting");
  const running = services.filter((service) => service.status === "running").length;
  const others = [];
  const stopped = services.filter((service) => service.status === "stopped");
  const done = services.filter((service) => service.status === "completed").length;
  if (done > 0) others.push(`${done} completed`);
  if (stopped.length > 0) others.push(`${stopped.length === total ? "all are" : `${stopped.length} ${stopped.length === 1 ? "is" : "are"}`} stopped`);
  const rest = others.length > 0 ? `, ${others.join(", ")}` : "";
  const bare = services.filter((service) => service.runsBare).length;
  const unchecked = bare === 0 ? "" : running === 1 ? ", without a check" : `, ${bare === running ? "all" : bare} of them without a check`;
  const runs = `${count(running, "service")} ${running === 1 ? "runs" : "run"}${unchecked}`;

  if (needy.length > 0) {
    const head = `${needy.length} of ${count(total, "service")} ${needy.length === 1 ? "needs" : "need"} attention`;
    const more = troubled.length - needy.length;
    const parts = [
      `${runs}${rest}`, more > 0 ? `${count(more, "more is", "more are")} in trouble` : "", waiting.length > 0 ? count(waiting.length, "waits", "wait") : "",
    ];
    return { tone: "bad", head, text: `${parts.filter(Boolean).join(", ")}.`, names: needy.map(named) };
  }
  const { health } = store.node;
  // A service that is stopped on request does not count for the node.
  if (troubled.length > 0 && health !== "healthy") {
    const grave = troubled.some((service) => service.trouble > 1);
    const head = `${troubled.length} of ${count(total, "service")} ${troubled.length === 1 ? "is" : "are"} ${grave ? "in trouble" : "degraded"}`;
    return { tone: "warn", head, text: `${runs}${rest}. Stoker is handling it.`, names: troubled.map(named) };
  }
  if (health === "unhealthy" || health === "degraded") {
    const names = services.filter((service) => service.health === health && service.status !== "stopped").map(named);
    return { tone: "warn", head: `The node is ${health}`, text: `${runs}${rest}.`, names };
  }
  if (!store.node.isInitialized) return { tone: "busy", head: "Starting", text: `${running + done} of ${total} are up.`, names: [] };
  const lacking = services.filter((service) => isAffected(service, store) || waitsInVain(service, store));
  const moving = services.filter((service) => ["starting", "stopping", "waiting"].includes(service.status) && !lacking.includes(service));
  if (moving.length > 0) {
    return { tone: "busy", head: "Changes in progress", text: `${runs}${rest}; ${list(moving.map(named))} ${moving.length === 1 ? "is" : "are"} changing state.`, names: [] };
  }
  if (stopped.length === total) return { tone: "idle", head: "All stopped", text: `${count(total, "service is", "services are")} stopped.`, names: [] };
  if (!store.node.isReady) return { tone: "warn", head: "Not ready", text: `${runs}${rest}; a critical service is not up.`, names: services.filter((each) => each.isCritical && ["stopped", "waiting"].includes(each.status)).map(named) };
  if (lacking.length > 0) {
    const head = `${lacking.length} of ${count(total, "service")} ${lacking.length === 1 ? "lacks what it requires" : "lack what they require"}`;
    return { tone: "warn", head, text: `${runs}${rest}. ${lacking[0].name} ${lacking[0].note}.`, names: lacking.map(named) };
  }
  if (store.node.troubles.length > 0) return { tone: "warn", head: "The services are well, Stoker is not", text: `${runs}${rest}.`, names: [] };
  return { tone: "good", head: "All well", text: `${runs}${rest}.`, names: [] };
}

const named = (service) => service.name;

/** Whether it waits for a service that does not come up by itself. */
function waitsInVain(service, store) {
  return service.status === "waiting" && ["stopped", "failed"].includes(store.services.get(service.rootCause?.name)?.status);
}

/** What this page may not do, and why; empty where it may do all. */
export function limits({ canControl, refusal, outputRefusal }) {
  return [canControl === false ? refusal : "", outputRefusal ? "Output of services is not shown, for the same reason." : ""].filter(Boolean).join(" ");
}

/** A list for Stoker's own troubles. */
export function ownTroubles() {
  return h("ul", { class: "own", "aria-label": "Stoker's own troubles" });
}

export function drawOwn(element, troubles) {
  if (troubles.length !== element.children.length) {
    element.replaceChildren(...troubles.map(() => h("li", {}, mark("degraded"), h("span", {}))));
  }
  troubles.forEach((trouble, index) => setText(element.children[index].lastChild, `Stoker: ${trouble.sentence}`));
}

const TONE_MARKS = { good: "healthy", warn: "degraded", bad: "failed", busy: "starting", idle: "stopped" };

/** The verdict on the page. */
export class Verdict {
  constructor(store) {
    this.store = store;
    this.head = h("h1", { class: "head", id: "verdict" });
    this.text = h("p", { class: "text" });
    this.own = ownTroubles();
    this.refusal = h("p", { class: "refusal", id: "refusal" });
    this.mark = h("span", { class: "seal" });
    this.facts = h("ul", { class: "facts", "aria-label": "The node" });
    this.element = h("section", { class: "verdict", "aria-labelledby": "verdict" }, this.mark, h("div", {}, this.head, this.text, this.refusal), this.facts, this.own);
    this.shown = "";
  }

  update() {
    const verdict = judge(this.store);
    setAttribute(this.element, "data-tone", verdict.tone);
    const shown = JSON.stringify(verdict);
    if (shown !== this.shown) {
      this.shown = shown;
      this.mark.replaceChildren(mark(TONE_MARKS[verdict.tone]));
      const links = verdict.names.slice(0, 6).flatMap((name, index) => [index > 0 ? ", " : ": ", h("a", { href: pageOf(name) }, name)]);
      const more = verdict.names.length > 6 ? ` and ${verdict.names.length - 6} more` : "";
      this.head.replaceChildren(verdict.head, ...links, more);
      setText(this.text, verdict.text);
    }
    const { troubles } = this.store.node;
    drawOwn(this.own, troubles);
    setText(this.refusal, limits(this.store.node));
    this.updateFacts();
  }

  updateFacts() {
    const { node, services } = this.store;
    const all = [...services.values()];
    // The words of `stoker status`: a service without a check counts where its health says something all the same.
    const judged = all.filter((service) => (service.isChecked || service.health !== "unknown") && !service.isBare);
    const facts = [
      ["Ready", node.isReady ? "yes" : "no", node.isReady ? "good" : "warn"],
      ["Initialized", node.isInitialized ? "yes" : "not yet", node.isInitialized ? "good" : "busy"],
      ["Running", `${all.filter((service) => service.status === "running").length}/${all.length}`, ""],
      ["Healthy", judged.length === 0 ? "–" : `${judged.filter((service) => service.health === "healthy").length}/${judged.length}`, ""],
      ["Restarts", String(all.reduce((sum, service) => sum + (service.restarts ?? 0), 0)), ""],
    ];
    while (this.facts.children.length < facts.length) {
      this.facts.append(h("li", {}, h("span", { class: "name" }), h("span", { class: "value" })));
    }
    facts.forEach(([name, value, tone], index) => {
      const [label, figure] = this.facts.children[index].children;
      setText(label, name);
      setText(figure, value);
      setAttribute(figure, "data-tone", tone || null);
    });
  }
}
