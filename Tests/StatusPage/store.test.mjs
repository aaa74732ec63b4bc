// The page's model of the node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page, storeOf } from "./page.mjs";

const { Service } = await page("store.js");

const LATER = "2026-11-23T04:00:05.000Z";

test("services are in the order of their start", () => {
  const store = storeOf({ zeta: {}, alpha: { required: ["zeta"] } });
  assert.deepEqual([...store.services.keys()], ["zeta", "alpha"]);
  assert.deepEqual([store.services.get("zeta").layer, store.services.get("alpha").layer], [0, 1]);
});

test("an event is newer than a reading that was requested before it", () => {
  const store = storeOf({ dao: {} });
  const asked = performance.now() - 1;
  store.takeEvent("status", { service: "dao", to: "backoff", at: LATER, next_attempt: LATER, note: "exited with code 1", waits_for: [], root_cause: null });
  const row = { status: "running", health: "healthy", since: LATER, restart_count: 1, pid: 1, note: "", waits_for: [], root_cause: null };
  store.takeServices({ services: { dao: row } }, asked);
  assert.deepEqual([store.services.get("dao").status, store.services.get("dao").note], ["backoff", "exited with code 1"]);
  assert.equal(store.services.get("dao").restarts, 1, "counters, which events do not carry, come from the reading");
  store.takeServices({ services: { dao: row } }, performance.now() + 1);
  assert.deepEqual([store.services.get("dao").status, store.services.get("dao").note], ["running", ""]);
});

test("the last line of a run that failed comes into the note", () => {
  const store = storeOf({ dao: {} });
  store.takeEvent("status", { service: "dao", to: "failed", at: LATER, next_attempt: null, note: "exited with code 1", waits_for: [], root_cause: null });
  store.takeEvent("last_error", { service: "dao", run: 1, note: 'exited with code 1: "no route"', waits_for: [], root_cause: null });
  assert.deepEqual([store.services.get("dao").status, store.services.get("dao").note], ["failed", 'exited with code 1: "no route"']);
});

test("events of the node change the node", () => {
  const store = storeOf({ dao: {} }, { initialized: false, is_ready: false });
  store.takeEvent("hello", { node: "fog-2", version: "1.0" });
  store.takeEvent("initialized", {});
  store.takeEvent("ready", { is_ready: true });
  store.takeEvent("composite", { to: "degraded" });
  const { name, version, isInitialized, isReady, health } = store.node;
  assert.deepEqual([name, version, isInitialized, isReady, health], ["fog-2", "1.0", true, true, "degraded"]);
});

test("at most two hundred events are kept, and a reset is none", () => {
  const store = storeOf({});
  for (let number = 0; number < 250; number += 1) store.takeEvent("reloaded", { id: number });
  store.takeEvent("reset", {});
  assert.deepEqual([store.events.length, store.events[0].id, store.events.at(-1).id], [200, 50, 249]);
});

test("a service that is held up by another is not called unhealthy", () => {
  const store = storeOf({ dao: { status: "waiting", health: "unhealthy", pid: null, held_up: true } });
  assert.equal(store.services.get("dao").healthWord, "not running");
  store.takeEvent("status", { service: "dao", from: "waiting", to: "failed", held_up: false, waits_for: [], root_cause: null, note: "" });
  assert.equal(store.services.get("dao").healthWord, "unhealthy");
});

test("windows of uptime that tell the same are one", () => {
  const service = new Service("dao");
  const differ = (hour, day, week) => {
    service.takeHealth({ uptime_1h: hour, uptime_24h: day, uptime_7d: week, recent_checks: "" });
    return service.hasUptimes;
  };
  assert.deepEqual([differ(null, null, null), differ(92.51, 92.54, 92.5), differ(92.5, 99.9, 100)], [false, false, true]);
});

test("trends come by figure, and services that are gone have none", () => {
  const store = storeOf({ dao: {} });
  store.takeUsage({ interval_seconds: 10, services: { dao: { cpu_percent: [null, 1], memory_bytes: [5, 6], descriptors: [7, null] }, gone: {} } });
  assert.deepEqual(store.services.get("dao").trends.memory_bytes, { values: [5, 6], interval: 10 });
});

test("the severity follows the state, and the health only of a service with a process", () => {
  const trouble = (status, health) => Object.assign(new Service("dao"), { status, health }).trouble;
  assert.equal(trouble("failed", "unhealthy"), 3);
  assert.equal(trouble("backoff", "unhealthy"), 2);
  for (const status of ["starting", "running", "stopping"]) {
    assert.deepEqual(["unhealthy", "degraded", "unknown", "healthy"].map((health) => trouble(status, health)), [2, 1, 0, 0]);
  }
  for (const status of ["waiting", "stopped", "completed"]) assert.equal(trouble(status, "unhealthy"), 0);
});

test("the processor's load is measured between two readings of the same process", () => {
  const service = new Service("dao");
  const load = (seconds, pid, at) => {
    service.takeProcessor(seconds, pid, at);
    return service.cpu;
  };
  assert.equal(load(10, 1, 0), null);
  assert.equal(load(10.5, 1, 1000), null, "too soon for a figure");
  assert.equal(load(11, 1, 2000), 50);
  assert.equal(load(0.1, 2, 4000), null, "another process");
  assert.equal(load(0.1, null, 6000), null, "no process");
});
