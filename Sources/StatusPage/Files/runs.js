// The runs of a service, newest first: cause, duration, end, last lines.

import { h, time } from "./dom.js";
import { moment, parse, span, zone } from "./format.js";

export class Runs {
  constructor() {
    this.body = h("tbody", { role: "rowgroup" });
    this.note = h("p", { class: "soft none" });
    this.table = h("table", { class: "runs", role: "table", "aria-labelledby": "runs" },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Run", "Began", "Because", "Lasted", "Ended"].map((label) => h("th", { role: "columnheader", scope: "col" }, label)))),
      this.body);
    this.element = h("section", { class: "panel", "aria-labelledby": "runs" }, h("div", { class: "bar" }, h("h2", { id: "runs" }, "Runs"), h("span", { class: "soft zone" }, `times in ${zone(Date.now())}`)), this.table, this.note);
    this.shown = "";
  }

  refuse(message) {
    this.table.hidden = true;
    this.note.hidden = false;
    this.note.textContent = message;
  }

  /** `refusal`: why the last lines are not given; null where they are. */
  draw(history, refusal) {
    const shown = JSON.stringify([history, refusal]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.table.hidden = history.length === 0;
    this.note.hidden = history.length > 0;
    this.note.textContent = "No runs yet.";
    // Opened details stay open.
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((details) => details.dataset.key));
    this.body.replaceChildren(...history.map((run) => row(run, open, refusal)));
  }
}

function row(run, open, refusal) {
  const cell = (name, ...content) => h("td", { role: "cell", class: name }, ...content);
  const key = `${run.run} ${run.started_at}`;
  return h("tr", { role: "row", "data-outcome": isClean(run) ? "clean" : run.outcome === "open" ? "open" : "bad" },
    h("th", { role: "rowheader", scope: "row" }, String(run.run)),
    cell("began", time(parse(run.started_at), moment(parse(run.started_at)))),
    cell("because", run.cause ?? "unknown"),
    cell("lasted", run.outcome === "open" ? "still running" : run.run_seconds == null ? "" : span(run.run_seconds)),
    cell("ended", ending(run), words(run, open.has(key), key, refusal)));
}

function isClean(run) {
  return run.outcome === "ended" && run.exit_code === 0;
}

function ending(run) {
  if (run.outcome === "open") return "";
  if (run.outcome === "start_failed") return `did not start: ${run.stage}: ${run.error}`;
  return run.end_cause && run.end_cause !== run.exit ? `${run.exit}; ${run.end_cause}` : run.exit;
}

function words(run, isOpen, key, refusal) {
  const isWithheld = run.last_lines === null && refusal;
  if (!isWithheld && !run.last_lines?.length) return "";
  const lines = isWithheld ? h("p", {}, `${refusal}.`)
    : h("pre", { tabindex: "0", role: "region", "aria-label": `Last lines of run ${run.run}` }, run.last_lines.join("\n"));
  return h("details", { "data-key": key, open: isOpen }, h("summary", {}, "last lines"), lines);
}
