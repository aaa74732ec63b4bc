// The effects of a command on other services, computed from the graph.

/** The services that are up or starting and require `name`, directly or through others; the nearest first. */
export function dependentsUp(store, name) {
  return follow(name, (each) => (store.graph.get(each)?.dependents ?? []).filter((dependent) => {
    const requires = store.graph.get(dependent)?.required.includes(each);
    return requires && isUp(store.services.get(dependent));
  }));
}

/** The services that are down and are started too, since `name` requires them. */
export function requiredDown(store, name) {
  return follow(name, (each) => (store.graph.get(each)?.required ?? []).filter((other) => ["stopped", "failed"].includes(store.services.get(other)?.status)));
}

/** The services that a restart also restarts or stops, according to their `on_restart`: `{restart: […], stop: […]}`. */
export function dragged(store, name) {
  const ways = new Map();
  follow(name, (each) => (store.graph.get(each)?.dependents ?? []).filter((dependent) => {
    const way = store.graph.get(dependent)?.onRestart[each];
    if (!way || !["starting", "running"].includes(store.services.get(dependent)?.status)) return false;
    // A service that is both restarted and stopped is stopped.
    if (ways.get(dependent) !== "stop") ways.set(dependent, way);
    return true;
  }));
  const of = (way) => [...ways].filter(([, each]) => each === way).map(([dependent]) => dependent);
  return { restart: of("restart"), stop: of("stop") };
}

/** The services reached from `name` by steps, without itself. */
function follow(name, steps) {
  const found = new Set([name]);
  for (const each of found) for (const next of steps(each)) found.add(next);
  found.delete(name);
  return [...found];
}

function isUp(service) {
  return service !== undefined && !["stopped", "completed", "failed"].includes(service.status);
}
