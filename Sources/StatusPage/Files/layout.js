// The layout of a layered drawing: layers one after the other, few crossings, long edges routed around the nodes between.

const GAP = 14; // between two neighbours of a layer
const LANE = 10; // the width of an edge that passes a layer
const SWEEPS = 8;

/**
 * Lays out a layered graph.
 * @param nodes `{name, layer}`, in a stable order, so that the drawing is stable
 * @param edges `{from, to}`: from the lower layer to the higher
 * @param size `{along, across}`: a node's extent in the direction of the layers and within a layer; `gap`: between two layers
 * @returns `{places: Map name → {along, across}, routes: [[{along, across}, …], …], along, across}`: centres and extents
 */
export function layout(nodes, edges, size) {
  // Empty layers take no room.
  const used = [...new Set(nodes.map((node) => node.layer))].sort((a, b) => a - b);
  const rank = new Map(used.map((layer, index) => [layer, index]));
  const layers = used.map(() => []);
  const items = new Map();
  for (const node of nodes) {
    const item = { layer: rank.get(node.layer), extent: size.across, before: [], after: [], at: 0 };
    items.set(node.name, item);
    layers[item.layer].push(item);
  }
  // An edge over several layers gets a lane in each layer between.
  const routes = edges.map(({ from, to }) => {
    const [start, end] = [items.get(from), items.get(to)];
    const route = [start];
    for (let layer = start.layer + 1; layer < end.layer; layer += 1) {
      const lane = { layer, extent: LANE, before: [], after: [], at: 0, isLane: true };
      layers[layer].push(lane);
      route.push(lane);
    }
    route.push(end);
    for (let index = 1; index < route.length; index += 1) {
      route[index - 1].after.push(route[index]);
      route[index].before.push(route[index - 1]);
    }
    return route;
  });

  order(layers);
  straighten(layers);
  gather(layers, [...items.values()]);
  const lowest = Math.min(...layers.flat().map((item) => item.at - item.extent / 2));
  const highest = Math.max(...layers.flat().map((item) => item.at + item.extent / 2));
  const place = (item) => ({ along: item.layer * (size.along + size.gap) + size.along / 2, across: item.at - lowest });
  return {
    places: new Map([...items].map(([name, item]) => [name, place(item)])),
    routes: routes.map((route) => route.map((item) => ({ ...place(item), isLane: item.isLane === true }))),
    along: layers.length * (size.along + size.gap) - size.gap,
    across: highest - lowest,
  };
}

/** Orders each layer by the mean position of its neighbours, upwards and downwards in turn, and keeps the order with the fewest crossings. */
function order(layers) {
  const number = () => layers.forEach((layer) => layer.forEach((item, index) => { item.index = index; }));
  const middle = (item, side) => {
    const others = item[side];
    return others.length === 0 ? item.index : others.reduce((sum, other) => sum + other.index, 0) / others.length;
  };
  number();
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(layers);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const side = sweep % 2 === 0 ? "before" : "after";
    for (const layer of side === "before" ? layers : [...layers].reverse()) {
      const keys = new Map(layer.map((item) => [item, middle(item, side)]));
      layer.sort((a, b) => keys.get(a) - keys.get(b));
      layer.forEach((item, index) => { item.index = index; });
    }
    const now = crossings(layers);
    if (now < fewest) {
      fewest = now;
      best = layers.map((layer) => [...layer]);
    }
  }
  best.forEach((layer, index) => { layers[index] = layer; });
  number();
}

function crossings(layers) {
  let sum = 0;
  for (const layer of layers) {
    const pairs = layer.flatMap((item) => item.after.map((other) => [item.index, other.index]));
    for (let a = 0; a < pairs.length; a += 1) {
      for (let b = a + 1; b < pairs.length; b += 1) {
        if ((pairs[a][0] - pairs[b][0]) * (pairs[a][1] - pairs[b][1]) < 0) sum += 1;
      }
    }
  }
  return sum;
}

/** Moves each item towards its neighbours, without changing the order. */
function straighten(layers) {
  for (const layer of layers) {
    let at = 0;
    for (const item of layer) {
      item.at = at + item.extent / 2;
      at += item.extent + GAP;
    }
    for (const item of layer) item.at -= (at - GAP) / 2;
  }
  for (let sweep = 0; sweep < SWEEPS * 2; sweep += 1) {
    for (const layer of sweep % 2 === 0 ? layers : [...layers].reverse()) {
      const wish = layer.map((item) => {
        const others = [...item.before, ...item.after];
        return others.length === 0 ? item.at : others.reduce((sum, other) => sum + other.at, 0) / others.length;
      });
      settle(layer, wish);
    }
  }
}

/** Places the items nearest to their wishes without overlap: items that would overlap move as one block. */
function settle(layer, wish) {
  const blocks = [];
  layer.forEach((item, index) => {
    let block = { items: [item], offsets: [0], sum: wish[index], first: item.extent / 2, last: item.extent / 2 };
    for (;;) {
      block.at = block.sum / block.items.length;
      const before = blocks.at(-1);
      if (!before || before.at + before.last + GAP <= block.at - block.first) break;
      blocks.pop();
      const shift = before.last + GAP + block.first;
      block = {
        items: [...before.items, ...block.items],
        offsets: [...before.offsets, ...block.offsets.map((offset) => offset + shift)],
        sum: before.sum + block.sum - shift * block.items.length,
        first: before.first,
        last: shift + block.last,
      };
    }
    blocks.push(block);
  });
  for (const block of blocks) block.items.forEach((item, index) => { item.at = block.at + block.offsets[index]; });
}

/** Moves unconnected parts of the graph next to each other. */
function gather(layers, nodes) {
  const parts = [];
  const seen = new Set();
  for (const node of nodes) {
    if (seen.has(node)) continue;
    const part = [node];
    seen.add(node);
    for (const item of part) {
      for (const other of [...item.before, ...item.after]) if (!seen.has(other)) { seen.add(other); part.push(other); }
    }
    parts.push(part);
  }
  const start = (part) => Math.min(...part.map((item) => item.at - item.extent / 2));
  parts.sort((a, b) => start(a) - start(b));
  const ends = layers.map(() => -Infinity);
  for (const part of parts) {
    const room = Math.min(...part.map((item) => item.at - item.extent / 2 - ends[item.layer]));
    // A part that shares no layer with earlier ones is placed where they begin.
    const shift = Number.isFinite(room) ? room - GAP : parts[0] === part ? 0 : start(part) - start(parts[0]);
    for (const item of part) {
      item.at -= shift;
    }
    for (const item of part) ends[item.layer] = Math.max(ends[item.layer], item.at + item.extent / 2);
  }
}
