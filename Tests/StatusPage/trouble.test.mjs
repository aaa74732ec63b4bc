// Root causes, and the paths to them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page, storeOf, waitingFor } from "./page.mjs";

const { chains, current, isBlocked, plain, reach, rootCauses, victims, worthAsking } = await page("trouble.js");

const failed = { status: "failed", health: "unhealthy", pid: null };

/** dao failed; edge waits for it, front for edge. */
const chain = () => storeOf({ dao: failed, edge: waitingFor("dao"), front: waitingFor("edge", "dao"), other: {} });

test("services that wait for a failed one, directly or through others, are its victims", () => {
  assert.deepEqual(rootCauses(chain()), [{ name: "dao", sentence: "dao failed 3 s ago: exited with code 1", trouble: 3, victims: ["edge", "front"] }]);
});

test("a healthy node has no root causes", () => {
  assert.deepEqual(rootCauses(storeOf({ dao: {}, edge: { required: ["dao"] } })), []);
});

test("root causes are sorted by severity, then by the number of their victims", () => {
  const store = storeOf({
    slow: { health: "degraded" }, bouncing: { status: "backoff", health: "unhealthy" }, alone: failed, dao: failed, edge: waitingFor("dao"),
  });
  assert.deepEqual(rootCauses(store).map((cause) => cause.name), ["dao", "alone", "bouncing", "slow"]);
});

test("the sentence about an earlier state of the root is not shown", () => {
  const store = storeOf({ dao: failed, edge: waitingFor("dao", "dao", "starting") });
  assert.equal(rootCauses(store)[0].sentence, null);
});

test("waiting is normal while the node starts, unless the root is in trouble", () => {
  const starting = { status: "starting", health: "unknown" };
  const services = (dao) => ({ dao, edge: waitingFor("dao", "dao", dao.status) });
  const blocked = (dao, initialized) => {
    const store = storeOf(services(dao), { initialized });
    return isBlocked(store.services.get("edge"), store);
  };
  assert.equal(blocked(starting, false), false);
  assert.equal(blocked(starting, true), true);
  assert.equal(blocked(failed, false), true);
  const store = chain();
  assert.equal(isBlocked(store.services.get("dao"), store), false, "only a waiting service is blocked");
});

test("the reasons of at most six root causes are read", () => {
  const store = storeOf(Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((name) => [name, failed])));
  assert.deepEqual(worthAsking(store), ["a", "b", "c", "d", "e", "f"]);
});

test("the paths lead from all troubled services to their roots, over every dependency that is waited for", () => {
  const { names, edges, roots } = chains(chain());
  assert.deepEqual([...names].sort(), ["dao", "edge", "front"]);
  assert.deepEqual([...edges].sort(), ["dao\nedge", "edge\nfront"]);
  assert.deepEqual([...roots], ["dao"]);
});

test("the paths of one service leave the others out", () => {
  const store = chain();
  assert.deepEqual([...chains(store, [store.services.get("edge")]).names].sort(), ["dao", "edge"]);
  assert.deepEqual([...chains(store, [store.services.get("other")]).names], []);
});

test("a circle of waiting services ends the path", () => {
  const store = storeOf({ a: waitingFor("b"), b: { ...waitingFor("a"), required: [] } });
  assert.deepEqual([...chains(store).names].sort(), ["a", "b"]);
});

/** migrate has completed; database does not run any more, on which web and bare rely: one is unwell, the other has no check. */
const affected = (database = { status: "stopped", health: "unknown", pid: null }) => {
  const lost = { root_cause: { name: "database", status: database.status, sentence: "database has been stopped for 3 s" } };
  return storeOf({
    database, cache: failed, migrate: { status: "completed", required: ["database"] },
    web: { health: "unhealthy", required: ["migrate"], optional: ["cache"], ...lost }, bare: { checked: false, required: ["database"], ...lost },
    late: waitingFor("database", "database", database.status),
  });
};

test("services that run and rely on a lost one are affected by it, and those that wait for it are blocked", () => {
  const [cache, cause] = rootCauses(affected());
  assert.deepEqual([cache.name, cause.name, cause.victims], ["cache", "database", ["web", "bare", "late"]]);
  assert.equal(victims(cause, affected()), "Blocked by it: late. 2 services run, but are affected: web and bare");
});

test("the services that a cause touches are told apart", () => {
  const [, cause] = rootCauses(affected());
  assert.deepEqual(reach(cause, affected()), { blocked: ["late"], affected: ["web", "bare"] });
});

test("a trouble that one of something required explains is no root cause, and one of its own is", () => {
  const { roots } = chains(storeOf({
    dao: { health: "degraded" }, between: { required: ["dao"] }, edge: { status: "backoff", health: "unhealthy", required: ["between"] },
    loose: { health: "degraded", optional: ["dao"] }, alone: failed,
  }));
  assert.deepEqual([...roots], ["dao"], "one that touches nobody else is the cause of nothing");
});

test("a dependency that is merely being restarted affects nobody who is well", () => {
  const [, cause] = rootCauses(affected({ status: "starting", health: "unknown" }));
  assert.deepEqual(cause.victims, ["web", "late"]);
});

test("the paths lead through what has completed, and not to an optional dependency", () => {
  const store = affected();
  const { names, edges, roots } = chains(store, [store.services.get("web")]);
  assert.deepEqual([...names].sort(), ["database", "migrate", "web"]);
  assert.deepEqual([...edges].sort(), ["database\nmigrate", "migrate\nweb"]);
  assert.deepEqual([...roots], ["database"]);
  assert.equal(chains(store).edges.size, 4);
});

test("a sentence loses the name of its service, and begins with a capital", () => {
  assert.equal(plain("dao failed 3 s ago", "dao"), "Failed 3 s ago.");
  assert.equal(plain("dao-2 failed", "dao"), "Dao-2 failed.");
  assert.equal(plain("", "dao"), "");
});

test("a sentence has the present age, and leaves the time until the next attempt to the countdown beside it", () => {
  const service = { since: 1_000, nextAttempt: 9_000 };
  const sentence = (delay) => `Failed 1 s ago: exited with code 1, restarts in ${delay} (0 of 3 restarts used): "no disk".`;
  for (const delay of ["2 s", "1 min 57 s"]) {
    assert.equal(current(sentence(delay), service, 5_000), 'Failed 4 s ago: exited with code 1 (0 of 3 restarts used): "no disk".');
  }
  assert.equal(current(sentence("2 s"), { ...service, nextAttempt: null }, 5_000), sentence("2 s").replace("1 s", "4 s"));
});
