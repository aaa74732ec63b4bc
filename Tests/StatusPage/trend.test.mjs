// The small pictures of the last minutes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.mjs";

const { inWords, paths } = await page("trend.js");

test("the newest sample is at the right, a few do not fill the width, and a short gap is passed over", () => {
  assert.equal(paths([0, null, 10], () => 5).line, "M60 18h0L90 2");
});

test("where nothing was read for long, the line is broken, and the area with it", () => {
  const { line, area, gap } = paths([10, 0, ...Array(12).fill(null), 10, 10], () => 5);
  assert.equal(line, "M0 2h0L6 18M84 2h0L90 2");
  assert.equal(area, "M0 2L6 18V20H0ZM84 2L90 2V20H84Z");
  assert.equal(gap, "M6 18L84 2", "a faint line joins them");
});

test("noise does not fill the height, nor do equal values divide by nothing", () => {
  assert.equal(paths([1000, 1001], (high) => high / 10).line, "M75 2.2h0L90 2");
  assert.equal(paths([0, 0], (high) => high / 10).line, "M75 18h0L90 18");
});

test("the picture has a text", () => {
  assert.equal(inWords([1, null, 3, 2], 10, "CPU", (value) => `${value} %`), "CPU in the last 30 s: from 1 % to 3 %");
  assert.equal(inWords([7, 7], 10, "Open descriptors", String), "Open descriptors in the last 10 s: 7 all the time");
  assert.equal(inWords([7, null, null, 7, null], 10, "CPU", String), "CPU in the last 40 s: 7, in 2 readings", "nobody knows the rest of the time");
});
