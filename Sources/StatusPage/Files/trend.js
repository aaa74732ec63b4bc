// Small pictures of the last minutes: processor, memory, open descriptors.

import { s, setAttribute } from "./dom.js";
import { age, count } from "./format.js";

const KEPT = 90; // samples, as many as the server keeps
const FEWEST = 7; // samples that fill the width; fewer begin in the middle
const WIDTH = 90;
const HEIGHT = 20;
const LONGEST_GAP = 9; // intervals without a reading that a line may pass over

/** An empty picture; `drawTrend` draws into it. */
export function smallTrend() {
  return s("svg", { class: "trend", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": "no readings yet", hidden: true },
    s("path", { class: "area" }), s("path", { class: "gap" }), s("path", { class: "line" }));
}

/**
 * Draws samples, oldest first, of which the last is of now; null where nothing was read.
 * @param words what they are, and how one is written
 */
export function drawTrend(svg, trend, { label, format, least }) {
  const values = (trend?.values ?? []).slice(-KEPT);
  const known = values.filter((value) => value !== null);
  setAttribute(svg, "hidden", known.length < 2 ? "" : null);
  if (known.length < 2) return;
  const { line, area, gap } = paths(values, least);
  [area, gap, line].forEach((path, index) => setAttribute(svg.children[index], "d", path));
  setAttribute(svg, "aria-label", inWords(values, trend.interval, label, format));
}

/** "CPU in the last 3 min: from 0.5 % to 12 %"; with the number of readings where most are missing. */
export function inWords(values, interval, label, format) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)].map(format);
  const isSparse = known.length * 2 < values.length;
  const range = low === high ? (isSparse ? low : `${low} all the time`) : `from ${low} to ${high}`;
  return `${label} in the last ${age((values.length - 1) * interval * 1000)}: ${range}${isSparse ? `, in ${count(known.length, "reading")}` : ""}`;
}

/**
 * The line, broken where nothing was read for long, the area below it, and what joins the pieces of the line.
 * @param least the least range that fills the height: noise stays small
 */
export function paths(values, least) {
  const known = values.filter((value) => value !== null);
  const high = Math.max(...known);
  const range = Math.max(high - Math.min(...known), least(high), Number.MIN_VALUE);
  const low = Math.max(0, high - range);
  const y = (value) => Math.round((HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4)) * 10) / 10;
  const step = WIDTH / (Math.max(FEWEST, values.length) - 1);
  let line = "";
  let area = "";
  let gap = "";
  let begin = null;
  let last = null;
  const close = () => { if (begin !== null) area += `V${HEIGHT}H${begin}Z`; };
  values.forEach((value, index) => {
    if (value === null) return;
    const x = Math.round((WIDTH - (values.length - 1 - index) * step) * 100) / 100;
    const point = `${x} ${y(value)}`;
    if (last === null || index - last.index > LONGEST_GAP + 1) {
      close();
      if (last !== null) gap += `M${last.point}L${point}`;
      begin = x;
      // A point of no length is drawn by its round ends.
      line += `M${point}h0`;
      area += `M${point}`;
    } else {
      line += `L${point}`;
      area += `L${point}`;
    }
    last = { index, point };
  });
  close();
  return { line, area, gap };
}
