// The effects of a command on other services.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page, storeOf } from "./page.mjs";

const { dependentsUp, dragged, requiredDown } = await page("effects.js");

const stopped = { status: "stopped", health: "unknown", pid: null };

test("a stop affects the running services that require it, directly or through others, the nearest first", () => {
  const store = storeOf({ dao: {}, edge: { required: ["dao"] }, harvest: { required: ["edge"] }, onion: { required: ["dao"] }, other: {} });
  assert.deepEqual(dependentsUp(store, "dao"), ["edge", "onion", "harvest"]);
  assert.deepEqual(dependentsUp(store, "harvest"), []);
});

test("a stop affects no optional dependents, none that are down, and none behind those", () => {
  const store = storeOf({
    dao: {}, uses: { optional: ["dao"] }, down: { ...stopped, required: ["dao"] }, behind: { required: ["down"] }, waits: { status: "waiting", required: ["dao"] },
  });
  assert.deepEqual(dependentsUp(store, "dao"), ["waits"]);
});

test("a start also starts required services that are stopped or failed, and theirs", () => {
  const store = storeOf({
    ground: { status: "failed" }, dao: { ...stopped, required: ["ground"] }, done: { status: "completed" }, edge: { ...stopped, required: ["dao", "done"], optional: ["dao"] },
  });
  assert.deepEqual(requiredDown(store, "edge"), ["dao", "ground"]);
});

test("a restart restarts or stops the dependents whose edges ask for it, and follows those edges only", () => {
  const store = storeOf({
    dao: {}, with: { required: ["dao"], onRestart: { dao: "restart" } }, after: { required: ["with"], onRestart: { with: "stop" } },
    stays: { required: ["dao"] }, down: { ...stopped, required: ["dao"], onRestart: { dao: "restart" } },
    waits: { status: "waiting", required: ["dao"], onRestart: { dao: "restart" } },
  });
  assert.deepEqual(dragged(store, "dao"), { restart: ["with"], stop: ["after"] });
  assert.deepEqual(dragged(store, "stays"), { restart: [], stop: [] });
});

test("a service that would be both restarted and stopped is stopped", () => {
  const store = storeOf({
    dao: {}, with: { required: ["dao"], onRestart: { dao: "restart" } }, both: { required: ["dao", "with"], onRestart: { dao: "restart", with: "stop" } },
  });
  assert.deepEqual(dragged(store, "dao"), { restart: ["with"], stop: ["both"] });
});

test("circles of dependents end", () => {
  const store = storeOf({ a: {}, b: { required: ["a"], onRestart: { a: "restart" } } });
  store.graph.get("b").dependents = ["a"];
  store.graph.get("a").required = ["b"];
  assert.deepEqual(dependentsUp(store, "a"), ["b"]);
});
