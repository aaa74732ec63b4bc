// The last checks of a service, from readings that carry only the last one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.mjs";

const { Strip } = await page("strip.js");

/** A strip after readings of `[passed, streak]`. */
function strip(...readings) {
  const strip = new Strip();
  readings.forEach(([passed, streak], index) => strip.take({
    consecutive_successes: passed ? streak : 0, consecutive_failures: passed ? 0 : streak, last_check: { timestamp: String(index), passed },
  }));
  return strip;
}

const picture = ({ bars }) => bars.map((passed) => (passed ? "." : "X")).join("");

test("the first reading shows its whole streak", () => {
  assert.equal(picture(strip([true, 3])), "...");
  assert.equal(picture(strip([false, 2])), "XX");
});

test("checks between two readings are added by the growth of the streak", () => {
  assert.equal(picture(strip([true, 3], [true, 4], [true, 6])), "......");
});

test("a streak that has changed sides begins with as many as it has", () => {
  assert.equal(picture(strip([true, 3], [false, 2], [true, 1])), "...XX.");
});

test("a shorter streak than before is a new one", () => {
  assert.equal(picture(strip([true, 3], [true, 2])), ".....");
});

test("a reading without a new check changes nothing", () => {
  const same = strip([true, 1]);
  same.take({ consecutive_successes: 1, consecutive_failures: 0, last_check: { timestamp: "0", passed: true } });
  same.take({ consecutive_successes: 0, consecutive_failures: 0, last_check: null });
  assert.equal(picture(same), ".");
});

test("only the last thirty checks are kept", () => {
  assert.equal(picture(strip([false, 1], [true, 29], [true, 200])), ".".repeat(30));
});

test("a screen reader gets the numbers", () => {
  assert.equal(strip().text, "no checks yet");
  assert.equal(strip([true, 1]).text, "the last check passed");
  assert.equal(strip([false, 1]).text, "the last check failed");
  assert.equal(strip([true, 3]).text, "the last 3 checks passed");
  assert.equal(strip([true, 3], [false, 1]).text, "1 of the last 4 checks failed");
});
