// Requests to the server. All addresses are relative to the page, so that a proxy may mount it anywhere.

/** The address of a path below the API. */
export function address(path) {
  return new URL(path, new URL("api/orchestration/", document.baseURI));
}

/** The path of one service's part of the API. */
export function pathOf(name, rest = "") {
  return `service/${encodeURIComponent(name)}${rest}`;
}

/** A refusal, with the server's own sentence. */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body?.error ?? "";
  }
}

/** Reads JSON, within six seconds: a page marked "live" cannot wait longer for an answer. */
export async function read(path, signal) {
  const limit = AbortSignal.timeout(6000);
  const response = await fetch(address(path), { signal: signal ? AbortSignal.any([signal, limit]) : limit, cache: "no-store" });
  return answer(response);
}

/** Requests a change. No time limit here: the server has the deadline. */
export async function post(path, body) {
  const response = await fetch(address(path), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  return answer(response);
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (!response.ok || !body) throw new Refused(response.status, body);
  return body;
}
