// Changes: a dialog shows the effects and asks for confirmation, and a line at the edge of the page shows the result.

import { post, Refused } from "./api.js";
import { h, mark } from "./dom.js";
import { dependentsUp, dragged, requiredDown } from "./effects.js";
import { count } from "./format.js";

const WORDS = {
  start: { ask: "Start", doing: "Starting", button: "Start" },
  stop: { ask: "Stop", doing: "Stopping", button: "Stop" },
  restart: { ask: "Restart", doing: "Restarting", button: "Restart" },
};

/** Asks for confirmation of a command, and requests it. */
export function act(store, verb, name) {
  const service = store.services.get(name);
  const words = WORDS[verb];
  const effects = [];
  let choice = null;
  if (verb === "stop") {
    const needy = dependentsUp(store, name);
    if (needy.length > 0) choice = stopChoice(name, needy);
    else effects.push(sentence("No running service requires it. It stays stopped until it is started again."));
  } else {
    const { restart, stop } = verb === "restart" ? dragged(store, name) : { restart: [], stop: [] };
    const below = requiredDown(store, name);
    if (verb === "restart" && service?.status === "failed") choice = forceChoice("Its restarts are used up: reset their count (force)", true);
    if (restart.length > 0) effects.push(named(`${count(restart.length, "service is", "services are")} restarted with it:`, restart));
    if (stop.length > 0) effects.push(named(`${count(stop.length, "service stops", "services stop")} with it:`, stop));
    if (below.length > 0) effects.push(named(`${count(below.length, "service that it requires is", "services that it requires are")} started first:`, below));
    const needy = dependentsUp(store, name).filter((each) => !restart.includes(each) && !stop.includes(each));
    const isWaiting = (each) => store.services.get(each)?.status === "waiting";
    const waiting = needy.filter(isWaiting);
    const others = verb === "restart" ? needy.filter((each) => !isWaiting(each)) : [];
    if (waiting.length > 0) effects.push(named(`${count(waiting.length, "service waits", "services wait")} for it:`, waiting));
    if (others.length > 0) effects.push(named(`${count(others.length, "service requires", "services require")} it and ${others.length === 1 ? "keeps" : "keep"} running meanwhile:`, others));
    if (restart.length + stop.length + below.length + others.length + waiting.length === 0) effects.push(sentence("No other service is affected."));
  }
  confirm({ title: `${words.ask} ${name}?`, effects, choice, button: words.button, isGrave: verb === "stop" },
    (flags) => perform(store, verb, name, flags));
}

/** Asks for confirmation, and requests a run of every check. */
export function checkNow(store) {
  const checked = [...store.services.values()].filter((service) => !["stopped", "completed", "failed"].includes(service.status)).length;
  const effects = [sentence(`${count(checked, "service is", "services are")} checked at once. The results count like those of any check: a service whose check fails may be restarted sooner.`)];
  confirm({ title: "Run every check now?", effects, choice: null, button: "Check all", isGrave: false }, async () => {
    const toast = say("busy", "Every check is running…");
    try {
      const { results } = await post("health/check-now");
      const failed = Object.values(results).filter((result) => !result.passed).map((result) => result.service_name);
      if (failed.length === 0) finish(toast, "good", `${count(Object.keys(results).length, "check")} run, all passed.`);
      else finish(toast, "warn", `${failed.length} of ${count(Object.keys(results).length, "check")} failed: ${failed.join(", ")}.`);
    } catch (error) {
      finish(toast, "bad", error instanceof Refused ? error.message : "Stoker did not answer.");
    }
  });
}

async function perform(store, verb, name, flags) {
  const toast = say("busy", `${WORDS[verb].doing} ${name}…`);
  try {
    const answer = await post(`${verb}/${encodeURIComponent(name)}`, flags);
    const also = [...(answer.also_started ?? []).map((each) => `${each} started`), ...(answer.also_stopped ?? []).map((each) => `${each} stopped`)];
    finish(toast, "good", `${answer.message}${also.length > 0 ? `; also ${also.join(", ")}` : ""}.`);
  } catch (error) {
    if (!(error instanceof Refused)) {
      finish(toast, "bad", `Stoker did not answer, so the result of the ${verb} of ${name} is unknown.`);
      return;
    }
    finish(toast, "bad", `${error.message}.`);
    // Offers to override the refusal where that is possible.
    const choice = error.code === "required_by" ? stopChoice(name, dependentsUp(store, name))
      : error.code === "restart_limit_exceeded" ? forceChoice("Reset the count of its restarts (force)", true)
      : error.code === "dependency_failed" || error.code === "dependency_not_ready" ? forceChoice("Do it anyway (force)", false) : null;
    if (choice && Object.keys(flags).length === 0) {
      confirm({ title: `${WORDS[verb].ask} ${name} anyway?`, effects: [sentence(`${error.message}.`)], choice, button: WORDS[verb].button, isGrave: true },
        (next) => perform(store, verb, name, next));
    }
  }
}

// The dialog.

const sentence = (text) => h("p", {}, text);

function named(text, names) {
  return h("div", { class: "affected" }, h("p", {}, text), h("ul", {}, names.map((name) => h("li", {}, name))));
}

/** The choice between a stop with all dependents and a stop without them. */
function stopChoice(name, needy) {
  const radio = (value, isChosen, title, text) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "how", value, checked: isChosen }), h("span", {}, h("strong", {}, title), h("span", { class: "soft" }, text)));
  const element = h("fieldset", {},
    h("legend", {}, needy.length > 0 ? `${count(needy.length, "running service requires", "running services require")} it:` : "Other services require it."),
    needy.length > 0 ? h("ul", { class: "names" }, needy.map((each) => h("li", {}, each))) : "",
    radio("cascade", true, "Stop them first, then it", "In order, dependents before their dependencies (cascade)."),
    radio("force", false, `Stop only ${name}`, "The services that require it keep running without it (force)."));
  return { element, flags: () => ({ [element.querySelector(":checked").value]: true }) };
}

function forceChoice(text, isChosen) {
  const box = h("input", { type: "checkbox", checked: isChosen });
  return { element: h("label", { class: "choice" }, box, h("span", {}, text)), flags: () => (box.checked ? { force: true } : {}) };
}

function confirm({ title, effects, choice, button, isGrave }, then) {
  const dialog = document.getElementById("dialog");
  if (dialog.open) dialog.close("superseded");
  const yes = h("button", { type: "submit", value: "yes", class: isGrave ? "grave" : "main" }, button);
  const no = h("button", { type: "button", class: "quiet", onclick: () => dialog.close("no") }, "Cancel");
  dialog.replaceChildren(h("form", { method: "dialog" },
    h("h2", { id: "dialog-title" }, title), ...effects, choice?.element ?? "", h("p", { class: "row end" }, no, yes)));
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "yes") then(choice?.flags() ?? {});
  };
  // A click outside the dialog cancels.
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close("no"); };
  dialog.showModal();
  yes.focus();
}

// The results.

function say(tone, text) {
  const toast = h("p", { class: "toast", "data-tone": tone });
  document.getElementById("toasts").append(toast);
  finish(toast, tone, text);
  return toast;
}

function finish(toast, tone, text) {
  toast.dataset.tone = tone;
  const close = h("button", { type: "button", class: "quiet close", "aria-label": "Dismiss", onclick: () => toast.remove() }, "×");
  toast.replaceChildren(mark({ busy: "starting", good: "healthy", warn: "degraded", bad: "failed" }[tone]), h("span", {}, text), close);
  clearTimeout(Number(toast.dataset.timer));
  if (tone !== "busy") toast.dataset.timer = String(setTimeout(() => toast.remove(), tone === "good" ? 6000 : 15_000));
}
