// The last checks of a service as a strip of bars: low for passed, tall for failed.

import { h, s, setAttribute } from "./dom.js";
import { count, parse, responseTime, zoned } from "./format.js";

const KEPT = 30;

/** The last checks of a service as a row of health has them, oldest first: whether each passed. */
export class Strip {
  constructor() {
    this.bars = [];
    this.isChecked = true;
  }

  take({ recent_checks: checks, checked }) {
    this.bars = [...(checks ?? "")].slice(-KEPT).map((result) => result === "1");
    this.isChecked = checked ?? true;
  }

  /** The strip in words. */
  get text() {
    if (this.bars.length === 0) return this.isChecked ? "no checks yet" : "no check";
    const failed = this.bars.filter((passed) => !passed).length;
    if (this.bars.length === 1) return `the last check ${failed === 0 ? "passed" : "failed"}`;
    return failed === 0 ? `the last ${this.bars.length} checks passed` : `${failed} of the last ${this.bars.length} checks failed`;
  }
}

/** An empty small strip; `drawStrip` draws into it. Two paths for any number of bars: there may be a thousand strips. */
export function smallStrip() {
  return s("svg", { class: "strip", viewBox: `0 0 ${KEPT * 4} 16`, role: "img", "aria-label": "no checks yet", preserveAspectRatio: "xMaxYMid meet" },
    s("path", { class: "passed" }), s("path", { class: "failed" }));
}

export function drawStrip(svg, strip) {
  let passed = "";
  let failed = "";
  const first = KEPT - strip.bars.length;
  strip.bars.forEach((ok, index) => {
    const x = (first + index) * 4 + 2;
    if (ok) passed += `M${x} 11V5`;
    else failed += `M${x} 15V1`;
  });
  setAttribute(svg.firstChild, "d", passed);
  setAttribute(svg.lastChild, "d", failed);
  setAttribute(svg, "aria-label", strip.text);
}

const WIDTH = 8;
const HEIGHT = 56;

/**
 * The last hundred checks of one service: bars as tall as the answer took long, failed ones full; each tells about itself when it is
 * pointed at, or reached with the arrow keys.
 */
export class LongStrip {
  constructor() {
    this.checks = [];
    this.none = "";
    this.chosen = -1;
    this.picture = s("svg", {
      class: "long-strip", tabindex: "0", role: "slider", "aria-label": "Check", "aria-valuemin": "1", "aria-valuemax": "1",
      "aria-valuenow": "1", "aria-valuetext": "no checks yet", onkeydown: (event) => this.key(event), onpointermove: (event) => this.point(event),
      onfocus: () => this.choose(this.chosen < 0 ? this.checks.length - 1 : this.chosen), onpointerleave: () => this.choose(-1),
      onblur: () => this.choose(-1),
    });
    this.description = h("p", { class: "described" });
    this.element = h("div", { class: "checks" }, this.picture, this.description);
  }

  /** `isLive`: whether it has a process. */
  draw(checks, isChecked, isLive) {
    this.none = isChecked ? "No check has been made yet." : isLive ? "It has no check: Stoker knows that its process lives, and no more." : "It has no check.";
    this.checks = checks.slice(-100);
    const longest = Math.max(1, ...this.checks.map((check) => check.response_time_ms ?? 0));
    const bars = this.checks.map((check, index) => {
      const share = Math.sqrt((check.response_time_ms ?? longest) / longest);
      const height = check.passed ? 6 + share * (HEIGHT - 22) : HEIGHT - 2;
      return s("rect", {
        class: check.passed ? "passed" : "failed", x: (100 - this.checks.length + index) * WIDTH + 1, y: HEIGHT - height, width: WIDTH - 2,
        height, rx: 1,
      }, s("title", {}, describe(check)));
    });
    setAttribute(this.picture, "hidden", this.checks.length === 0 ? "" : null);
    this.picture.setAttribute("viewBox", `0 0 ${100 * WIDTH} ${HEIGHT}`);
    this.picture.replaceChildren(...bars);
    this.picture.setAttribute("aria-valuemax", String(Math.max(1, this.checks.length)));
    this.choose(Math.min(this.chosen, this.checks.length - 1));
  }

  choose(index) {
    this.picture.querySelector(".chosen")?.classList.remove("chosen");
    this.chosen = index;
    const check = this.checks[index] ?? this.checks.at(-1);
    const failed = this.checks.filter((each) => !each.passed).length;
    const sum = `${count(this.checks.length, "check")}, ${failed === 0 ? "all passed" : `${failed} failed`}`;
    const text = check ? describe(check) : this.none;
    if (index >= 0) this.picture.children[index]?.classList.add("chosen");
    this.description.textContent = index >= 0 || !check ? text : `${sum}; the last at ${text}`;
    setAttribute(this.picture, "aria-valuenow", String(Math.max(1, (index < 0 ? this.checks.length - 1 : index) + 1)));
    setAttribute(this.picture, "aria-valuetext", text);
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -1000, End: 1000 }[event.key];
    if (!step || this.checks.length === 0) return;
    event.preventDefault();
    this.choose(Math.max(0, Math.min(this.checks.length - 1, (this.chosen < 0 ? this.checks.length - 1 : this.chosen) + step)));
  }

  point(event) {
    const box = this.picture.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * 100) - (100 - this.checks.length);
    if (index >= 0 && index < this.checks.length) this.choose(index);
  }
}

function describe(check) {
  const time = responseTime(check.response_time_ms);
  return `${zoned(parse(check.timestamp))} ${check.passed ? "passed" : "failed"}${time ? ` in ${time}` : ""}: ${check.message}`;
}
