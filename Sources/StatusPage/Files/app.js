// The entry: routes, the header, the state of the connection, and the times of readings.

import { checkNow } from "./actions.js";
import { pathOf, read } from "./api.js";
import { setAttribute, setText } from "./dom.js";
import { zoned } from "./format.js";
import { Overview } from "./overview.js";
import { ServiceView } from "./service.js";
import { Store } from "./store.js";
import { EventStream, eventsBefore } from "./stream.js";
import { worthAsking } from "./trouble.js";
import { judge } from "./verdict.js";

const store = new Store();
const main = document.getElementById("main");
const part = (id) => document.getElementById(id);
let view = null;

// The views.

// A link cut off in the middle of an escaped character is not decoded; it names no service.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function route(isFirst) {
  const hash = location.hash;
  if (hash && !hash.startsWith("#/")) return;
  const [, name] = /^#\/service\/(.+)$/.exec(hash) ?? [];
  view?.leave();
  view = name ? new ServiceView(store, decoded(name)) : new Overview(store);
  main.replaceChildren(view.element);
  view.update({ names: new Set(store.services.keys()), events: [], node: true, roster: true, graph: true });
  head();
  if (isFirst) return;
  scrollTo(0, 0);
  // So that a screen reader reads the new heading, and Tab continues from there.
  view.heading.focus({ preventScroll: true });
}

function head() {
  const { node } = store;
  const troubled = [...store.services.values()].filter((service) => service.trouble > 0).length;
  const place = view.title ? `${view.title} · ` : "";
  document.title = `${troubled > 0 ? `(${troubled}) ` : ""}${place}Stoker${node.name ? ` on ${node.name}` : ""}`;
  setText(part("node"), node.name);
  setText(part("version"), node.version ? `Stoker ${node.version}` : "Stoker");
  setAttribute(document.documentElement, "data-tone", judge(store).tone);
  const button = part("check-now");
  button.disabled = node.canControl === false;
  setAttribute(button, "title", node.canControl === false ? node.refusal : null);
  setAttribute(button, "aria-describedby", node.canControl === false ? "refusal" : null);
}

// The connection.

function connection() {
  const isLive = store.isAnswering && (store.stream === "live" || store.stream === "paused");
  const state = isLive ? "live" : store.stream === "live" || store.stream === "paused" ? "not answering" : store.stream;
  setAttribute(part("stream"), "data-state", state);
  setText(part("stream-text"), state);
  setText(part("stream-since"), isLive || store.asOf === null ? "" : `as of ${zoned(store.asOf)}`);
  setAttribute(main, "data-stale", isLive || state === "connecting" ? null : "");
}

const stream = new EventStream("events", (kind, event) => {
  store.takeEvent(kind, event);
  if (kind === "hello" && store.events.length === 0) eventsBefore("events", event.id, 100).then((events) => store.takePast(events));
  if (kind === "hello" || kind === "reset" || kind === "reloaded") readAll();
  else if (kind === "status" || kind === "health") soon();
}, (state) => {
  const wasBroken = store.stream === "reconnecting";
  store.setStream(state);
  if (state === "live" && wasBroken) readAll();
});

// Reading.

let reading = null;
let isDue = false;

/** Reads the graph, then the states. */
async function readAll() {
  try {
    store.takeGraph(await read("dependencies"));
  } catch {
    // The next connection reads it again; states are shown without it.
  }
  await readStates();
}

/** Reads states and health; a request during a reading starts one more reading after it. */
async function readStates() {
  isDue = true;
  if (reading) return reading;
  reading = (async () => {
    while (isDue) {
      isDue = false;
      const asked = performance.now();
      try {
        const [services, health] = await Promise.all([read("services"), read("health")]);
        store.takeServices(services, asked);
        store.takeHealth(health);
        store.setAnswering(true);
        await readWhys();
      } catch {
        store.setAnswering(false);
      }
    }
    reading = null;
  })();
  return reading;
}

/** Reads the explanations of the root causes that have a card. */
async function readWhys() {
  const wanted = worthAsking(store);
  const answers = await Promise.allSettled(wanted.map((name) => read(pathOf(name, "/why"))));
  const own = view?.name;
  for (const name of store.whys.keys()) if (!wanted.includes(name) && name !== own) store.whys.delete(name);
  answers.forEach((answer, index) => { if (answer.status === "fulfilled") store.whys.set(wanted[index], answer.value); });
  store.touch({ whys: true });
}

let timer = null;

/** Reads counts and causes soon after a change, once for many changes. */
function soon() {
  timer ??= setTimeout(() => { timer = null; readStates(); }, store.services.size > 300 ? 2000 : 400);
}

function every() {
  setTimeout(every, store.services.size > 300 ? 15_000 : 5000);
  if (document.hidden) return;
  if (store.graph.size === 0) readAll();
  else readStates();
  view.refresh();
}

// Timers and listeners.

store.watch((changes) => {
  view.update(changes);
  if (changes.stream) connection();
  if (changes.names.size > 0 || changes.node) head();
});

setInterval(() => {
  if (document.hidden) return;
  view.tick();
  connection();
}, 1000);

let pausing = null;
// A browser has six connections to a server for all its tabs: a hidden tab closes its own after a minute, and resumes later.
function pauseIfHidden() {
  clearTimeout(pausing);
  if (document.hidden) pausing = setTimeout(() => stream.pause(), 60_000);
}
document.addEventListener("visibilitychange", () => {
  pauseIfHidden();
  if (document.hidden) return;
  stream.run();
  readStates();
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  view.key?.(event);
});

part("skip").addEventListener("click", (event) => {
  event.preventDefault();
  view.heading.focus();
});
part("check-now").addEventListener("click", () => checkNow(store));

const themes = ["auto", "light", "dark"];
function theme(step) {
  const now = document.documentElement.dataset.theme ?? "auto";
  const next = themes[(themes.indexOf(now) + step) % themes.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  setText(part("theme"), { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[next]);
  try {
    localStorage.setItem("stoker-theme", next);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}
part("theme").addEventListener("click", () => theme(1));
theme(0);

addEventListener("hashchange", () => route(false));
route(true);
readAll();
stream.run();
pauseIfHidden();
setTimeout(every, 2000);
