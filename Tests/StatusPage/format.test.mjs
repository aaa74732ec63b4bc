// Numbers and times for readers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page.mjs";

const { age, bytes, clock, count, countdown, headlined, list, moment, parse, percent, processor, responseTime, shortName, span, zone, zoned } = await page("format.js");

const HOUR = 3_600_000;

test("an age is in its largest unit, rounded down", () => {
  assert.deepEqual([-5, 999, 59_999, 60_000, HOUR - 1, HOUR, 24 * HOUR - 1, 24 * HOUR].map(age), ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d"]);
});

test("a countdown is rounded up, so that it never shows 0", () => {
  assert.deepEqual([0, 1, 1000, 1001, 59_001].map(countdown), ["now", "1 s", "1 s", "2 s", "1 min"]);
});

test("a percentage becomes 100 only without any failure", () => {
  assert.deepEqual([null, undefined, 100, 99.96, 99.5, 10, 9.96, 0].map(percent), ["–", "–", "100 %", "99.9 %", "99.5 %", "10.0 %", "10.0 %", "0.0 %"]);
});

test("a processor's load has a decimal below ten", () => {
  assert.deepEqual([null, 0.04, 9.94, 9.96, 250.4].map(processor), ["–", "0.0 %", "9.9 %", "10 %", "250 %"]);
});

test("bytes are in binary units, with a decimal below a hundred", () => {
  assert.deepEqual([null, 0, 1023, 1024, 1536, 100 * 1024, 12.3 * 2 ** 20, 2 ** 50].map(bytes), ["–", "0 B", "1023 B", "1.0 KiB", "1.5 KiB", "100 KiB", "12.3 MiB", "1024 TiB"]);
});

test("a response time is in milliseconds below a second", () => {
  assert.deepEqual([null, 0.04, 9.9, 12.4, 999, 1000, 2100].map(responseTime), ["", "0.0 ms", "9.9 ms", "12 ms", "999 ms", "1.0 s", "2.1 s"]);
});

test("a run's duration is in milliseconds below a second", () => {
  assert.deepEqual([0.0004, 0.25, 1, 90].map(span), ["0 ms", "250 ms", "1 s", "1 min"]);
});

test("a time of another day has its date", () => {
  const now = new Date();
  now.setHours(7, 8, 9, 0);
  assert.equal(clock(now.getTime()), "07:08:09");
  assert.equal(moment(now.getTime()), "07:08:09");
  assert.match(moment(now.getTime() - 48 * HOUR), /^.+, 07:08:09$/);
});

test("a zone is its difference from UTC, with minutes where it has some", () => {
  assert.deepEqual([0, 60, 330, -240, -210].map((minutes) => zone(0, minutes)), ["UTC", "UTC+1", "UTC+5:30", "UTC-4", "UTC-3:30"]);
  const now = new Date();
  now.setHours(14, 3, 22, 0);
  assert.equal(zoned(now.getTime()), "14:03:22 UTC");
});

test("times are parsed to milliseconds, and no time to null", () => {
  assert.equal(parse("2026-11-23T04:00:00.123Z"), 1_795_406_400_123);
  assert.deepEqual([parse(null), parse(undefined), parse("")], [null, null, null]);
});

test("nouns follow their number", () => {
  assert.deepEqual([count(0, "service"), count(1, "service"), count(2, "service"), count(1, "is", "are"), count(3, "is", "are")],
    ["0 services", "1 service", "2 services", "1 is", "3 are"]);
});

test("a list names the first ones, and counts the others", () => {
  assert.deepEqual([[], ["a"], ["a", "b"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"]].map((names) => list(names)),
    ["", "a", "a and b", "a, b, c and d", "a, b, c and 2 more"]);
  assert.equal(list(["a", "b", "c"], 2), "a and 2 more");
});

test("a name that is cut keeps its beginning and its end", () => {
  assert.equal(shortName("short", 17), "short");
  assert.equal(shortName("payments-eu-west-worker-07", 17), "payments…rker-07");
  assert.equal(shortName("m".repeat(24), 17), "mmmm…mmmm");
  assert.equal(shortName("ABCDEFGHIJKLMNOP", 15), "ABCDE…LMNOP");
});

test("a headline has three names, or fewer long ones", () => {
  assert.deepEqual(headlined(["a", "b", "c"]), ["a", "b", "c"]);
  assert.deepEqual(headlined(["a", "b", "c", "d"]), ["a", "b", "c"]);
  const long = (number) => `${"n".repeat(50)}${number}`;
  assert.deepEqual(headlined([long(1), long(2)]), [long(1)]);
  assert.deepEqual(headlined([]), []);
});
