// The log of a service, followed line by line.

import { address, pathOf } from "./api.js";
import { h, setText } from "./dom.js";

const KEPT = 2000;
// Terminal colours and cursor movements, and other control characters.
const CONTROLS = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f]/g;

export class Logs {
  constructor(name) {
    this.name = name;
    this.text = h("pre", { class: "log", tabindex: "0", role: "region", "aria-label": `Log of ${name}`, onscroll: () => this.scrolled() });
    this.state = h("span", { class: "soft" });
    this.stream = h("select", { "aria-label": "Stream", onchange: () => this.restart() },
      h("option", { value: "" }, "Both streams"), h("option", { value: "stdout" }, "stdout"), h("option", { value: "stderr" }, "stderr"));
    this.end = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.toEnd() }, "To the end");
    this.element = h("section", { class: "panel", "aria-labelledby": "log" },
      h("div", { class: "bar" }, h("h2", { id: "log" }, "Log"), this.state, h("span", { class: "push" }), this.end, this.stream), this.text);
    this.isAtEnd = true;
    this.pending = [];
    this.isDue = false;
    this.incomplete = h("span", { class: "line" });
    this.control = null;
    // A browser has few connections to a server: a hidden page closes its own.
    this.visibility = () => (document.hidden ? this.stop("paused") : this.restart());
    document.addEventListener("visibilitychange", this.visibility);
    if (!document.hidden) this.restart();
  }

  leave() {
    document.removeEventListener("visibilitychange", this.visibility);
    this.stop("");
  }

  stop(word) {
    this.control?.abort();
    this.control = null;
    setText(this.state, word);
  }

  async restart() {
    this.stop("");
    const control = (this.control = new AbortController());
    while (!control.signal.aborted) {
      const isRefused = await this.follow(control.signal).catch(() => false);
      if (isRefused || control.signal.aborted) return;
      setText(this.state, "interrupted, trying again");
      await new Promise((resolve) => { setTimeout(resolve, 2000); });
    }
  }

  /** Reads until it is interrupted; true if there is no log to read. */
  async follow(signal) {
    const query = this.stream.value ? `&stream=${this.stream.value}` : "";
    const response = await fetch(address(pathOf(this.name, `/logs?follow=1&tail=200${query}`)), { signal, cache: "no-store" });
    if (!response.ok) {
      const refusal = await response.json().catch(() => ({}));
      setText(this.state, "");
      this.text.replaceChildren(h("span", { class: "soft" }, refusal.message ? `${refusal.message}.` : "There is no log."));
      return response.status < 500;
    }
    this.text.replaceChildren();
    this.incomplete.textContent = "";
    this.pending = [];
    this.isAtEnd = true;
    setText(this.state, "following");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      this.add(lines, rest);
    }
  }

  /** Takes whole lines, and the one whose end has not come yet; of that, what follows its last carriage return is shown. */
  add(lines, incomplete) {
    if (!this.isDue) requestAnimationFrame(() => this.flush());
    this.isDue = true;
    this.incomplete.textContent = incomplete.replace(/\r+$/, "").replace(/^.*\r/s, "").replace(CONTROLS, "");
    this.pending.push(...lines);
    if (this.pending.length > KEPT) this.pending.splice(0, this.pending.length - KEPT);
  }

  flush() {
    const lines = this.pending.map((line) => h("span", { class: "line" }, `${line.replace(CONTROLS, "")}\n`));
    this.pending = [];
    this.isDue = false;
    this.text.append(...lines, this.incomplete);
    while (this.text.children.length > KEPT) this.text.firstElementChild.remove();
    if (this.isAtEnd) this.toEnd();
  }

  scrolled() {
    this.isAtEnd = this.text.scrollHeight - this.text.scrollTop - this.text.clientHeight < 30;
    this.end.hidden = this.isAtEnd;
  }

  toEnd() {
    this.isAtEnd = true;
    this.text.scrollTop = this.text.scrollHeight;
    this.end.hidden = true;
  }
}
