// Elements. Text only ever becomes text nodes: the output of a service is never parsed as HTML.

import { zoned } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("a", {href: "#/", class: "x", onclick: f}, "text", child)`. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An element of SVG. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A time that a reader sees in words; the absolute one, with its zone, is its title. */
export function time(milliseconds, text, properties = {}) {
  return setTime(h("time", properties), milliseconds, text);
}

/** Changes such a time; null: there is none. */
export function setTime(element, milliseconds, text) {
  const isKnown = milliseconds !== null && Number.isFinite(milliseconds);
  const moment = isKnown ? new Date(milliseconds).toISOString() : null;
  if (element.getAttribute("datetime") !== moment) {
    setAttribute(element, "datetime", moment);
    setAttribute(element, "title", isKnown ? zoned(milliseconds) : null);
  }
  setText(element, isKnown ? text : "");
  return element;
}

/** Sets an element's text if it differs; mostly it does not. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute if it differs; null removes it. */
export function setAttribute(element, name, value) {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** The symbol of a word. */
export function symbol(word) {
  return `#m-${word.replaceAll(" ", "-")}`;
}

/** The mark of a state or a verdict. Hidden from screen readers, since its word always follows it. */
export function mark(name) {
  return s("svg", { class: "mark", "aria-hidden": "true" }, s("use", { href: symbol(name) }));
}

/** Changes a mark. */
export function setMark(svg, name) {
  setAttribute(svg.firstChild, "href", symbol(name));
}

/** A mark with its word, in the tone of a state or a verdict. `isBare`: of a service without a check, which is not known to be well. */
export function badge(word, isBare = false) {
  const text = h("span", { class: "word" }, word);
  return h("span", { class: "badge", "data-is": word, "data-bare": isBare }, mark(word), text);
}

/** Changes a badge. */
export function setBadge(element, word, isBare = false) {
  setAttribute(element, "data-bare", isBare ? "" : null);
  if (element.dataset.is === word) return;
  element.dataset.is = word;
  setMark(element.firstChild, word);
  setText(element.lastChild, word);
}

/** A name that may be broken after its marks. */
export function breakable(name) {
  return name.split(/(?<=[-_.])/).flatMap((part, index) => (index > 0 ? [h("wbr"), part] : [part]));
}

/** The address of a service's page. */
export function pageOf(name) {
  return `#/service/${encodeURIComponent(name)}`;
}
