// The verdict on the node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page, storeOf, waitingFor } from "./page.mjs";

const { judge, limits } = await page("verdict.js");
const { Store } = await page("store.js");

const failed = { status: "failed", health: "unhealthy", pid: null };
const stopped = { status: "stopped", health: "unknown", pid: null };

test("before the first answer the page is loading, and a file without services has nothing to do", () => {
  assert.deepEqual(judge(new Store()), { tone: "idle", head: "Loading", text: "The first answer has not arrived yet.", names: [] });
  assert.equal(judge(storeOf({})).head, "Nothing to do");
});

test("services that all run make a good verdict", () => {
  assert.deepEqual(judge(storeOf({ dao: {}, edge: {} })), { tone: "good", head: "All well", text: "2 services run.", names: [] });
  assert.equal(judge(storeOf({ dao: {} })).text, "1 service runs.");
});

test("completed and stopped services are counted apart", () => {
  const store = storeOf({ dao: {}, migrate: { status: "completed", health: "unknown" }, edge: stopped, onion: stopped });
  assert.deepEqual(judge(store), { tone: "good", head: "All well", text: "1 service runs, 1 completed, 2 are stopped.", names: [] });
});

test("a failed service needs attention, and comes before everything else", () => {
  const store = storeOf({ dao: failed, edge: waitingFor("dao"), onion: { status: "backoff", health: "unhealthy" }, p2p: {} }, { composite_health: "unhealthy", is_ready: false });
  assert.deepEqual(judge(store), {
    tone: "bad", head: "1 of 4 services needs attention", text: "1 service runs, 1 more is in trouble, 1 waits.", names: ["dao"],
  });
  assert.equal(judge(storeOf({ dao: failed, edge: failed })).head, "2 of 2 services need attention");
});

test("trouble that Stoker handles is a warning, worded by its severity", () => {
  const backoff = storeOf({ dao: { status: "backoff", health: "unhealthy" }, edge: {} }, { composite_health: "unhealthy" });
  assert.deepEqual(judge(backoff), { tone: "warn", head: "1 of 2 services is in trouble", text: "1 service runs. Stoker is handling it.", names: ["dao"] });
  const degraded = storeOf({ dao: { health: "degraded" }, edge: { health: "degraded" } }, { composite_health: "degraded" });
  assert.equal(judge(degraded).head, "2 of 2 services are degraded");
});

test("what nobody restarts needs a person, and Stoker does not claim to handle it", () => {
  const external = { kind: "external", auto_recovery: false, health: "unhealthy", pid: null };
  const verdict = judge(storeOf({ dao: external, edge: {} }, { composite_health: "unhealthy" }));
  assert.deepEqual([verdict.head, verdict.text], ["1 of 2 services needs attention", "1 service runs."]);
  const store = storeOf({ dao: { auto_recovery: false, health: "unhealthy" }, edge: {} }, { composite_health: "unhealthy" });
  const failures = (number) => { store.takeHealth({ services: { dao: { consecutive_failures: number } } }); return judge(store); };
  assert.equal(failures(2).head, "1 of 2 services needs attention");
  // It runs anew, and no check of this run has failed.
  assert.deepEqual([failures(0).head, failures(0).text], ["1 of 2 services is in trouble", "1 service runs."]);
  assert.equal(judge(storeOf({ dao: { health: "unhealthy" }, edge: { health: "degraded" } }, { composite_health: "unhealthy" })).text, "0 services run.");
  const lost = { name: "dao", status: "stopped", sentence: "dao was stopped" };
  assert.equal(judge(storeOf({ dao: stopped, edge: { health: "unhealthy", root_cause: lost } }, { composite_health: "unhealthy" })).text, "0 services run, 1 is stopped.");
});

test("a service that falls again and again is recovering while its restarts count, and the node is not well", () => {
  const verdict = judge(storeOf({ dao: { restart_attempts: 7 }, edge: {} }));
  assert.deepEqual(verdict, { tone: "warn", head: "1 of 2 services is recovering", text: "1 service runs.", names: ["dao"] });
  assert.equal(judge(storeOf({ dao: { restart_attempts: 1 } })).head, "All well", "one restart that helped is no loop");
});

test("every service is counted in one class, and those that wait are always named", () => {
  const store = storeOf({
    dao: failed, edge: waitingFor("dao"), onion: { restart_attempts: 2 }, p2p: { health: "degraded" }, job: { status: "completed" }, off: stopped,
    a: {}, b: {}, late: { status: "starting", health: "unknown" },
  });
  assert.equal(judge(store).text, "2 services run, 1 completed, 1 is stopped, 2 more are in trouble, 1 waits, 1 is changing state.");
  const waiting = storeOf({ dao: { status: "backoff", health: "unhealthy" }, edge: waitingFor("dao", "dao", "backoff"), a: {} });
  assert.equal(judge(waiting).text, "1 service runs, 1 waits. Stoker is handling it.");
  const starting = storeOf({ dao: { status: "starting", health: "unknown" }, edge: waitingFor("dao", "dao", "starting") }, { initialized: false });
  assert.equal(judge(starting).text, "0 of 2 are up, 1 waits, 1 is changing state.");
});

test("a service in trouble does not count while the node is healthy, as one that is being stopped", () => {
  const store = storeOf({ dao: { status: "stopping", health: "unhealthy" }, edge: {} });
  assert.deepEqual(judge(store), { tone: "busy", head: "Changes in progress", text: "1 service runs; dao is changing state.", names: [] });
});

test("a node that is degraded without a service in trouble is named with the services of that health", () => {
  const store = storeOf({ dao: { status: "completed", health: "unhealthy" }, edge: {}, onion: { ...stopped, health: "unhealthy" } }, { composite_health: "unhealthy" });
  const verdict = judge(store);
  assert.deepEqual([verdict.tone, verdict.head, verdict.names], ["warn", "The node is unhealthy", ["dao"]]);
});

test("until every service has settled once, the node is starting", () => {
  const store = storeOf({ dao: {}, edge: { status: "starting", health: "unknown" } }, { initialized: false, composite_health: "unknown" });
  assert.deepEqual(judge(store), { tone: "busy", head: "Starting", text: "1 of 2 are up, 1 is changing state.", names: [] });
});

test("services that are all stopped are no trouble", () => {
  assert.deepEqual(judge(storeOf({ dao: stopped, edge: stopped })), { tone: "idle", head: "All stopped", text: "2 services are stopped.", names: [] });
});

test("a stopped critical service makes the node not ready, and is named", () => {
  const store = storeOf({ dao: stopped, edge: { ...stopped, is_critical: false }, onion: {} }, { is_ready: false });
  assert.deepEqual(judge(store), { tone: "warn", head: "Not ready", text: "1 service runs, 2 are stopped; a critical service is not up.", names: ["dao"] });
});

test("nothing is well that relies on a stopped service, or waits for one", () => {
  const held = (status) => ({ status, note: `${status === "waiting" ? "waits for" : "relies on"} a, which is stopped`, root_cause: { name: "a", status: "stopped", sentence: "a has been stopped for 3 s" } });
  const verdict = (status) => judge(storeOf({ a: { ...stopped, is_critical: false }, b: { required: ["a"], ...held(status) }, c: {} }));
  assert.deepEqual(verdict("running"), {
    tone: "warn", head: "1 of 3 services lacks what it requires", text: "2 services run, 1 is stopped. b relies on a, which is stopped.", names: ["b"],
  });
  assert.equal(verdict("waiting").head, "1 of 3 services lacks what it requires");
});

test("what the page may not do is said in the server's words, and that output is missing too", () => {
  const refusal = "Changes are possible only through the Unix socket here.";
  const node = (answer) => limits(storeOf({ dao: {} }, answer).node);
  assert.equal(node({}), "");
  assert.equal(node({ can_control: true, control_refusal: null, output_refusal: null }), "");
  assert.equal(node({ can_control: false, control_refusal: refusal, output_refusal: "Output …" }),
    `${refusal} Output of services is not shown, for the same reason.`);
  assert.equal(node({ can_control: false, control_refusal: refusal, output_refusal: null }), refusal);
});
