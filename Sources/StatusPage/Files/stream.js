// The stream of events: read, resumed after a lost connection, and declared dead without a heartbeat.
//
// Not EventSource, for three reasons: it hides the heartbeats (a dead connection would look alive forever), it gives up for good when the
// server answers 503 during its start, and it cannot be paused while the page is hidden.

import { address } from "./api.js";

const SILENCE = 40_000; // the server sends a heartbeat every 15 s
const LONGEST_WAIT = 10_000;

export class EventStream {
  /**
   * @param path the path of the events
   * @param onEvent called with each event: its kind and its data
   * @param onState called with "live", "reconnecting" or "paused"
   */
  constructor(path, onEvent, onState) {
    this.path = path;
    this.onEvent = onEvent;
    this.onState = onState;
    this.last = null;
    this.retry = 1000;
    this.failures = 0;
    this.control = null;
  }

  /** Connects, and connects again until paused. */
  async run() {
    if (this.control) return;
    const control = (this.control = new AbortController());
    while (!control.signal.aborted) {
      try {
        await this.connection(control.signal);
      } catch {
        // After any error: try again.
      }
      if (control.signal.aborted) break;
      this.onState("reconnecting");
      await wait(Math.min(LONGEST_WAIT, this.retry * 1.5 ** this.failures), control.signal);
      this.failures += 1;
    }
  }

  /** Disconnects; `run` resumes after the last event. */
  pause() {
    this.control?.abort();
    this.control = null;
    this.onState("paused");
  }

  async connection(outer) {
    const silence = new AbortController();
    let alarm = setTimeout(() => silence.abort(), SILENCE);
    try {
      const response = await fetch(address(this.path), {
        headers: { Accept: "text/event-stream", ...(this.last ? { "Last-Event-ID": this.last } : {}) },
        signal: AbortSignal.any([outer, silence.signal]),
        cache: "no-store",
      });
      // The server does not accept this number at all.
      if (response.status === 400) this.last = null;
      if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) return;
      this.failures = 0;
      this.onState("live");
      await parse(response.body, (event) => {
        if (event === null) {
          clearTimeout(alarm);
          alarm = setTimeout(() => silence.abort(), SILENCE);
        } else {
          this.take(event);
        }
      });
    } finally {
      clearTimeout(alarm);
      silence.abort();
    }
  }

  take({ id, kind, data, retry }) {
    if (retry) this.retry = retry;
    // Before the event is handled: an event that fails is not sent again and again. The reconnection after it reads everything.
    if (id !== null) this.last = id;
    if (data) this.onEvent(kind, JSON.parse(data));
  }
}

/** The last events up to `id` among `count`, perhaps of one service: those from before the page was opened. */
export async function eventsBefore(path, id, count, service = null) {
  const [life, number] = id.split("-");
  const first = Math.max(0, Number(number) - count);
  const events = [];
  if (first === Number(number)) return events;
  let isWhole = false;
  const control = new AbortController();
  const limit = setTimeout(() => control.abort(), 5000);
  let idle;
  try {
    const filter = service === null ? "" : `&service=${encodeURIComponent(service)}`;
    const response = await fetch(address(`${path}?after=${life}-${first}${filter}`), { signal: control.signal, cache: "no-store" });
    if (!response.ok) return events;
    await parse(response.body, (event) => {
      // The last of a service may be long ago: what there is has come when nothing more does.
      clearTimeout(idle);
      if (service !== null) idle = setTimeout(() => control.abort(), 1000);
      // Later events come by the other connection.
      if (isWhole || !event?.data) return;
      if (event.kind !== "reset") events.push({ ...JSON.parse(event.data), kind: event.kind });
      isWhole = event.id === id;
      if (isWhole) control.abort();
    });
  } catch {
    // The abort ends it.
  } finally {
    clearTimeout(limit);
    clearTimeout(idle);
  }
  return events;
}

/** Calls `take` with each event of a stream, and with null for each piece of data. */
async function parse(body, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    take(null);
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) take(fields(block));
  }
}

function fields(block) {
  const event = { id: null, kind: "message", data: "", retry: 0 };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    switch (line.slice(0, colon)) {
      case "event": event.kind = value; break;
      case "data": event.data += (event.data ? "\n" : "") + value; break;
      case "id": event.id = value; break;
      case "retry": event.retry = Number(value); break;
    }
  }
  return event;
}

function wait(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
