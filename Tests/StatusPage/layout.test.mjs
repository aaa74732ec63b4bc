// The layout of the dependency graph.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.mjs";

const { layout } = await page("layout.js");

const SIZE = { along: 160, across: 40, gap: 50 };

function lay(layers, ...edges) {
  const nodes = Object.entries(layers).map(([name, layer]) => ({ name, layer }));
  return layout(nodes, edges.map(([from, to]) => ({ from, to })), SIZE);
}

test("each layer has its own position, and an empty layer takes no room", () => {
  const { places, along } = lay({ a: 0, b: 1, c: 7 }, ["a", "b"], ["b", "c"]);
  assert.deepEqual([..."abc"].map((name) => places.get(name).along), [80, 290, 500]);
  assert.equal(along, 3 * 160 + 2 * 50);
});

test("nodes of a layer do not overlap, whatever their neighbours", () => {
  const leaves = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`leaf${index}`, 1]));
  const { places, across } = lay({ root: 0, ...leaves }, ...Object.keys(leaves).map((leaf) => ["root", leaf]));
  const at = Object.keys(leaves).map((leaf) => places.get(leaf).across).sort((a, b) => a - b);
  for (let index = 1; index < at.length; index += 1) assert.ok(at[index] - at[index - 1] >= 40 + 14 - 1e-9);
  assert.ok(at[0] >= 20 - 1e-9 && at.at(-1) <= across - 20 + 1e-9, "all are inside the drawing");
  assert.ok(Math.abs(places.get("root").across - across / 2) < 1, "the root is in the middle of its leaves");
});

test("crossings that can be avoided are avoided", () => {
  const { places } = lay({ a: 0, b: 0, x: 1, y: 1 }, ["a", "y"], ["b", "x"]);
  const [a, b, x, y] = [..."abxy"].map((name) => places.get(name).across);
  assert.ok((a - b) * (y - x) > 0);
});

test("an edge over several layers gets a lane in each layer between, next to the nodes", () => {
  const { routes, places } = lay({ a: 0, b: 1, c: 2 }, ["a", "b"], ["b", "c"], ["a", "c"]);
  assert.deepEqual(routes.map((route) => route.map((stop) => stop.isLane)), [[false, false], [false, false], [false, true, false]]);
  const lane = routes[2][1];
  assert.equal(lane.along, places.get("b").along);
  assert.ok(Math.abs(lane.across - places.get("b").across) >= (40 + 10) / 2 + 14 - 1e-9);
});

test("routes begin and end at their nodes, in the order of the edges", () => {
  const { routes, places } = lay({ a: 0, b: 1, c: 1 }, ["a", "c"], ["a", "b"]);
  assert.deepEqual(routes.map((route) => [route[0].across, route.at(-1).across]), [
    [places.get("a").across, places.get("c").across], [places.get("a").across, places.get("b").across],
  ]);
});

test("unconnected parts stand next to each other without a gap of empty room", () => {
  const { places, across } = lay({ a: 0, b: 1, c: 0, d: 1 }, ["a", "b"], ["c", "d"]);
  assert.equal(across, 40 + 14 + 40);
  assert.equal(places.get("a").across, places.get("b").across);
  assert.equal(places.get("c").across, places.get("d").across);
});

test("a part without a layer in common with the others begins where they begin", () => {
  const { places, across } = lay({ a: 0, b: 1 });
  assert.equal(places.get("a").across, places.get("b").across);
  assert.equal(across, 40);
});

test("the same graph gives the same drawing", () => {
  const once = () => JSON.stringify([...lay({ a: 0, b: 0, c: 1, d: 1, e: 2 }, ["a", "c"], ["b", "c"], ["a", "d"], ["d", "e"], ["b", "e"]).places]);
  assert.equal(once(), once());
});
