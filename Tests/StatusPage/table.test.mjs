// The order of the table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page, storeOf, waitingFor } from "./page.mjs";

const { groupsOf, naturalKey } = await page("table.js");

const groups = (store) => groupsOf([...store.services.values()], store).map(({ label, services }) => [label, ...services.map(({ name }) => name)]);

test("services in trouble and those that it touches are on top, worst first, and keep their order otherwise", () => {
  const store = storeOf({
    well: {}, slow: { health: "degraded" }, failed: { status: "failed", health: "unhealthy" }, next: { required: ["well"] }, edge: waitingFor("failed"),
    bouncing: { status: "backoff", health: "unhealthy" }, other: { status: "failed", health: "unhealthy" },
  });
  assert.deepEqual(groups(store), [["In trouble or affected", "failed", "other", "bouncing", "slow", "edge"], ["Layer 0", "well"], ["Layer 1", "next"]]);
});

test("a service that is recovering stays on top", () => {
  const store = storeOf({ well: {}, shaky: { restart_attempts: 2 } });
  assert.deepEqual(groups(store), [["In trouble or affected", "shaky"], ["Layer 0", "well"]]);
});

test("without trouble there are the layers alone", () => {
  assert.deepEqual(groups(storeOf({ dao: {}, edge: { required: ["dao"] } })), [["Layer 0", "dao"], ["Layer 1", "edge"]]);
});

test("names sort with their numbers as numbers", () => {
  const names = ["web@10", "web@2", "db", "web@1"];
  assert.deepEqual(names.sort((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1)), ["db", "web@1", "web@2", "web@10"]);
});
