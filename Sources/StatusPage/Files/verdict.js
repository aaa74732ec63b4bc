// The verdict on the node at a glance: its condition, and the services that need attention.

import { breakable, h, mark, pageOf, setAttribute, setText } from "./dom.js";
import { count, headlined, list } from "./format.js";
import { isAffected } from "./trouble.js";

/** The verdict on a node: a tone, a headline and a sentence; `names` are the services concerned. */
export function judge(store) {
  const services = [...store.services.values()];
  const total = services.length;
  if (total === 0) {
    return store.isRead
      ? { tone: "idle", head: "Nothing to do", text: "The service file has no services.", names: [] }
      : { tone: "idle", head: "Loading", text: "The first answer has not arrived yet.", names: [] };
  }
  const classes = new Map();
  for (const service of services) {
    const key = classOf(service, store);
    classes.set(key, [...classes.get(key) ?? [], service]);
  }
  const of = (key) => classes.get(key) ?? [];
  const [needy, troubled, running] = [of("needy"), of("troubled"), of("running")];
  const sums = (...left) => sumsOf(of, total, left);

  if (needy.length > 0) {
    const head = `${needy.length} of ${count(total, "service")} ${needy.length === 1 ? "needs" : "need"} attention`;
    return { tone: "bad", head, text: `${sums()}.`, names: needy.map(named) };
  }
  if (troubled.length > 0) {
    const words = new Set(troubled.map((service) => (service.isRecovering ? "recovering" : service.trouble > 1 ? "in trouble" : "degraded")));
    const head = `${troubled.length} of ${count(total, "service")} ${troubled.length === 1 ? "is" : "are"} ${words.size === 1 ? [...words][0] : "in trouble"}`;
    const isHandled = !words.has("degraded") && troubled.every((service) => isMended(service, store));
    return { tone: "warn", head, text: `${sums("troubled")}.${isHandled && words.has("in trouble") ? " Stoker is handling it." : ""}`, names: troubled.map(named) };
  }
  const { health } = store.node;
  if (health === "unhealthy" || health === "degraded") {
    const names = services.filter((service) => service.health === health && service.status !== "stopped").map(named);
    return { tone: "warn", head: `The node is ${health}`, text: `${sums()}.`, names };
  }
  if (!store.node.isInitialized) {
    const more = sums("running", "completed");
    return { tone: "busy", head: "Starting", text: `${running.length + of("completed").length} of ${total} are up${more ? `, ${more}` : ""}.`, names: [] };
  }
  const lacking = services.filter((service) => isAffected(service, store) || waitsInVain(service, store));
  const moving = of("moving").filter((service) => !lacking.includes(service));
  const waiting = of("waiting").filter((service) => !lacking.includes(service));
  if (moving.length + waiting.length > 0) {
    const those = moving.length === 0 ? "" : `; ${list(moving.map(named))} ${moving.length === 1 ? "is" : "are"} changing state`;
    return { tone: "busy", head: "Changes in progress", text: `${sums(...(moving.length === of("moving").length ? ["moving"] : []))}${those}.`, names: [] };
  }
  if (of("stopped").length === total) return { tone: "idle", head: "All stopped", text: `${count(total, "service is", "services are")} stopped.`, names: [] };
  if (!store.node.isReady) return { tone: "warn", head: "Not ready", text: `${sums()}; a critical service is not up.`, names: services.filter((each) => each.isCritical && ["stopped", "waiting"].includes(each.status)).map(named) };
  if (lacking.length > 0) {
    const head = `${lacking.length} of ${count(total, "service")} ${lacking.length === 1 ? "lacks what it requires" : "lack what they require"}`;
    return { tone: "warn", head, text: `${sums()}. ${lacking[0].name} ${lacking[0].note}.`, names: lacking.map(named) };
  }
  if (store.node.troubles.length > 0) return { tone: "warn", head: "The services are well, Stoker is not", text: `${sums()}.`, names: [] };
  return { tone: "good", head: "All well", text: `${sums()}.`, names: [] };
}

/** The one class in which a service is counted: "needy", "troubled", "moving", or its state. */
function classOf(service, store) {
  // A service that is stopped on request does not count for the node.
  if (service.status === "stopping" && store.node.health === "healthy") return "moving";
  if (service.trouble > 0) return service.trouble === 3 ? "needy" : "troubled";
  return service.status === "starting" || service.status === "stopping" ? "moving" : service.status;
}

/** The services of each class as a sum, but for those `left` out and those that need attention, which a headline counts. */
function sumsOf(of, total, left) {
  const running = of("running");
  const bare = running.filter((service) => service.runsBare).length;
  const unchecked = bare === 0 ? "" : running.length === 1 ? ", without a check" : `, ${bare === running.length ? "all" : bare} of them without a check`;
  const stopped = of("stopped").length;
  const parts = [
    ["running", `${count(running.length, "service")} ${running.length === 1 ? "runs" : "run"}${unchecked}`],
    ["completed", `${of("completed").length} completed`],
    ["stopped", `${stopped === total ? "all are" : `${stopped} ${stopped === 1 ? "is" : "are"}`} stopped`],
    ["troubled", count(of("troubled").length, "more is in trouble", "more are in trouble")],
    ["waiting", count(of("waiting").length, "waits", "wait")],
    ["moving", count(of("moving").length, "is changing state", "are changing state")],
  ];
  return parts.filter(([key]) => !left.includes(key) && (key === "running" || of(key).length > 0)).map(([, text]) => text).join(", ");
}

/** Whether Stoker mends it without a person: it restarts the service, or that on which the service relies. */
function isMended(service, store) {
  const root = service.rootCause && store.services.get(service.rootCause.name);
  return root ? root.isHandled : service.isHandled;
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
      const names = headlined(verdict.names);
      const links = names.flatMap((name, index) => [index > 0 ? ", " : ": ", h("a", { href: pageOf(name) }, breakable(name))]);
      const more = verdict.names.length > names.length ? ` and ${verdict.names.length - names.length} more` : "";
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
