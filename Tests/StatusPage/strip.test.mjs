// The last checks of a service, as a row of health has them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.mjs";

const { Strip } = await page("strip.js");

function strip(checks, checked = true) {
  const strip = new Strip();
  strip.take({ recent_checks: checks, checked });
  return strip;
}

test("the bars are the last checks of the answer, of earlier streaks too", () => {
  assert.deepEqual(strip("1100").bars, [true, true, false, false]);
});

test("the next reading takes their place, and only thirty have room", () => {
  const one = strip("0");
  one.take({ recent_checks: "0".repeat(5) + "1".repeat(30), checked: true });
  assert.deepEqual(one.bars, Array(30).fill(true));
});

test("a screen reader gets the numbers", () => {
  assert.equal(strip("").text, "no checks yet");
  assert.equal(strip("", false).text, "no check");
  assert.equal(strip("1").text, "the last check passed");
  assert.equal(strip("0").text, "the last check failed");
  assert.equal(strip("111").text, "the last 3 checks passed");
  assert.equal(strip("1110").text, "1 of the last 4 checks failed");
});
