// The modules of the status page for tests, and a store as the page fills it.
//
// The page's files end in .js and have no package.json, so Node takes them for CommonJS. They are copied next to one that declares modules;
// a package.json among the originals would become part of the program.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

process.env.TZ = "UTC";
// The store publishes its changes with the frames of a browser. Here there are none, and tests read the store itself.
globalThis.document = { hidden: false };
globalThis.requestAnimationFrame = () => {};

const folder = mkdtempSync(join(tmpdir(), "stoker-page-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
cpSync(fileURLToPath(new URL("../../Sources/StatusPage/Files", import.meta.url)), folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{"type": "module"}');

/** The exports of one of the page's modules. */
export function page(name) {
  return import(pathToFileURL(join(folder, name)));
}

const { Store } = await page("store.js");

const TIME = "2026-11-23T04:00:00.000Z";

/**
 * A store after its first reading.
 * @param services by name, in the order of their start: fields of `GET /services`; `required`, `optional` and `onRestart` of the graph
 * @param node fields of the node that differ from those of a healthy one
 */
export function storeOf(services, node = {}) {
  const store = new Store();
  const names = Object.keys(services);
  const layer = (name) => Math.max(-1, ...[...services[name].required ?? [], ...services[name].optional ?? []].map(layer)) + 1;
  store.takeGraph({
    startup_order: names,
    dependencies: Object.fromEntries(names.map((name) => [name, {
      layer: layer(name), dependencies: services[name].required ?? [], optional_dependencies: services[name].optional ?? [],
      dependents: names.filter((other) => [...services[other].required ?? [], ...services[other].optional ?? []].includes(name)),
      on_restart: services[name].onRestart ?? {},
    }])),
  });
  store.takeServices({
    node: "fog-1", composite_health: "healthy", is_ready: true, initialized: true, ...node,
    services: Object.fromEntries(names.map((name) => [name, {
      status: "running", health: "healthy", pid: 4711, since: TIME, restart_count: 0, restart_attempts: 0, is_critical: true, enabled: true,
      kind: "process", note: "", waits_for: [], root_cause: null, ...services[name],
    }])),
  }, performance.now());
  return store;
}

/** A service that waits for `dependency`, because of `root`. */
export function waitingFor(dependency, root = dependency, status = "failed") {
  return {
    status: "waiting", health: "unknown", pid: null, required: [dependency], waits_for: [{ kind: "dependency", name: dependency }],
    root_cause: { name: root, status, sentence: `${root} ${status} 3 s ago: exited with code 1` },
  };
}
