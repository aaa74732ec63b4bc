// Small pictures of the last minutes: processor, memory, open descriptors.

import { s, setAttribute } from "./dom.js";
import { age } from "./format.js";

const KEPT = 90; // samples, as many as the server keeps
const FEWEST = 7; // samples that fill the width; fewer begin in the middle
const WIDTH = 90;
const HEIGHT = 20;
const LONGEST_GAP = 9; // intervals without a reading that a line may pass over

/** An empty picture; `drawTrend` draws into it. */
export function smallTrend() {
  return s("svg", { class: "trend", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": "no readings yet", hidden: true },
    s("path", { class: "area" }), s("path", { class: "line" }));
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
  const { line, area } = paths(values, least);
  setAttribute(svg.firstChild, "d", area);
  setAttribute(svg.lastChild, "d", line);
  setAttribute(svg, "aria-label", inWords(values, trend.interval, label, format));
}

/** "CPU in the last 3 min: from 0.5 % to 12 %". */
export function inWords(values, interval, label, format) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)].map(format);
  return `${label} in the last ${age((values.length - 1) * interval * 1000)}: ${low === high ? `${low} all the time` : `from ${low} to ${high}`}`;
}

/**
 * The line, broken where nothing was read for long, and the area below it.
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
  let begin = null;
  let last = null;
  const close = () => { if (begin !== null) area += `V${HEIGHT}H${begin}Z`; };
  values.forEach((value, index) => {
    if (value === null) return;
    const x = Math.round((WIDTH - (values.length - 1 - index) * step) * 100) / 100;
    if (last === null || index - last > LONGEST_GAP + 1) {
      close();
      begin = x;
      // A point of no length is drawn by its round ends.
      line += `M${x} ${y(value)}h0`;
      area += `M${x} ${y(value)}`;
    } else {
      line += `L${x} ${y(value)}`;
      area += `L${x} ${y(value)}`;
    }
    last = index;
  });
  close();
  return { line, area };
}
