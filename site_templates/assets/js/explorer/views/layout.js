/**
 * A layered drawing of a call graph: callers above callees, long calls bent around what lies between. Pure.
 * Layers by longest path over the calls that do not lead back, order within a layer by medians (Gansner et al., "A
 * Technique for Drawing Directed Graphs", 1993), places by pulling boxes towards their neighbours. Deterministic.
 */

const SWEEPS = 12;
const PULLS = 10;

/**
 * @typedef {{width: number, height: number}} Box
 * @typedef {{from: number, to: number, weight: number}} Link indices into the boxes
 * @typedef {{x: number, y: number, layer: number}} Place centre of a box
 * @typedef {object} Drawing
 * @property {number} width
 * @property {number} height
 * @property {Place[]} places by box
 * @property {{x: number, y: number}[][]} paths by link, from the lower edge of the caller to the upper of the callee
 */

/**
 * Lay out boxes in layers.
 * @param {Box[]} boxes @param {Link[]} links @param {{gapX?: number, gapY?: number, margin?: number}} [rules]
 * @returns {Drawing}
 */
export function layoutGraph(boxes, links, { gapX = 24, gapY = 56, margin = 12 } = {}) {
  const back = backLinks(boxes.length, links);
  const layer = layersOf(boxes.length, links, back);
  const net = stretch(boxes, links, back, layer);
  const rows = orderRows(net);
  placeAcross(net, rows, gapX);
  const [width, height] = placeDown(net, rows, gapY, margin);
  const places = boxes.map((_, i) => ({ x: net.x[i], y: net.y[i], layer: layer[i] }));
  return { width, height, places, paths: links.map((link, i) => trace(net, net.chains[i], back[i] === 1)) };
}

/** Find the links that close circles, going down the heaviest links first. A link of a box to itself is one. */
function backLinks(count, links) {
  const back = new Uint8Array(links.length);
  const out = adjacency(count, links);
  const mark = new Uint8Array(count);
  const incoming = new Int32Array(count);
  for (const { to } of links) incoming[to]++;
  const starts = [...Array(count).keys()].sort((a, b) => (incoming[a] > 0) - (incoming[b] > 0) || a - b);
  for (const start of starts) {
    if (mark[start]) continue;
    mark[start] = 1;
    const path = [{ at: start, next: 0 }];
    while (path.length) {
      const top = path[path.length - 1];
      if (top.next === out[top.at].length) {
        mark[top.at] = 2;
        path.pop();
        continue;
      }
      const link = out[top.at][top.next++];
      const to = links[link].to;
      if (mark[to] === 1) back[link] = 1;
      else if (mark[to] === 0) {
        mark[to] = 1;
        path.push({ at: to, next: 0 });
      }
    }
  }
  return back;
}

function adjacency(count, links) {
  const out = Array.from({ length: count }, () => []);
  links.forEach(({ from }, i) => out[from].push(i));
  for (const list of out) list.sort((a, b) => Math.abs(links[b].weight) - Math.abs(links[a].weight) || a - b);
  return out;
}

/** Put every box one layer below its lowest caller, then roots directly above what they call. */
function layersOf(count, links, back) {
  const layer = new Int32Array(count);
  const ways = links
    .map(({ from, to }, i) => (back[i] ? { from: to, to: from } : { from, to }))
    .filter(({ from, to }) => from !== to);
  const waiting = new Int32Array(count);
  const out = Array.from({ length: count }, () => []);
  for (const { from, to } of ways) {
    waiting[to]++;
    out[from].push(to);
  }
  const order = [...Array(count).keys()].filter((i) => waiting[i] === 0);
  const roots = new Set(order);
  for (const from of order) {
    for (const to of out[from]) {
      layer[to] = Math.max(layer[to], layer[from] + 1);
      if (--waiting[to] === 0) order.push(to);
    }
  }
  for (const root of roots) {
    if (out[root].length) layer[root] = Math.min(...out[root].map((to) => layer[to])) - 1;
  }
  return layer;
}

/** Cut links over several layers into pieces, with a point in every layer between. */
function stretch(boxes, links, back, layer) {
  const net = {
    boxes: boxes.length,
    width: boxes.map((box) => box.width),
    height: boxes.map((box) => box.height),
    layer: [...layer],
    up: boxes.map(() => []),
    down: boxes.map(() => []),
    chains: [],
    x: [],
    y: [],
  };
  links.forEach(({ from, to }, i) => {
    const [top, bottom] = back[i] ? [to, from] : [from, to];
    const chain = [top];
    if (top !== bottom) {
      for (let at = layer[top] + 1; at < layer[bottom]; at++) chain.push(addPoint(net, at));
      chain.push(bottom);
      for (let k = 1; k < chain.length; k++) {
        net.down[chain[k - 1]].push(chain[k]);
        net.up[chain[k]].push(chain[k - 1]);
      }
    }
    net.chains.push(chain);
  });
  return net;
}

function addPoint(net, layer) {
  net.width.push(6);
  net.height.push(0);
  net.layer.push(layer);
  net.up.push([]);
  net.down.push([]);
  return net.layer.length - 1;
}

/** Order every layer so that few links cross: medians down and up, the best order met is kept. */
function orderRows(net) {
  const depth = net.layer.reduce((most, layer) => Math.max(most, layer + 1), 0);
  let rows = Array.from({ length: depth }, () => []);
  net.layer.forEach((layer, i) => rows[layer].push(i));
  let best = rows.map((row) => [...row]);
  let fewest = crossings(net, rows);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const side = down ? net.up : net.down;
    const at = rankOf(net, rows);
    for (let k = 1; k < depth; k++) {
      const layer = down ? k : depth - 1 - k;
      sortByMedian(rows[layer], side, at);
      rows[layer].forEach((node, place) => (at[node] = place));
    }
    const found = crossings(net, rows);
    if (found < fewest) [fewest, best] = [found, rows.map((row) => [...row])];
  }
  return best;
}

function rankOf(net, rows) {
  const at = new Float64Array(net.layer.length);
  for (const row of rows) row.forEach((node, place) => (at[node] = place));
  return at;
}

function sortByMedian(row, side, at) {
  const key = new Map(row.map((node, place) => [node, { median: median(side[node], at, place), place }]));
  row.sort((a, b) => key.get(a).median - key.get(b).median || key.get(a).place - key.get(b).place);
}

function median(nodes, at, fallback) {
  if (!nodes.length) return fallback;
  const places = nodes.map((node) => at[node]).sort((a, b) => a - b);
  const half = places.length >> 1;
  return places.length % 2 ? places[half] : (places[half - 1] + places[half]) / 2;
}

/** Count crossing links between neighbouring layers, by a tree of sums (Barth, Mutzel, Jünger 2004). */
function crossings(net, rows) {
  const at = rankOf(net, rows);
  let count = 0;
  for (const row of rows) {
    const ends = row.flatMap((node) => net.down[node].map((below) => at[below]).sort((a, b) => a - b));
    const size = ends.reduce((most, end) => Math.max(most, end + 1), 0);
    const sums = new Int32Array(size + 1);
    ends.forEach((end, seen) => {
      let before = 0;
      for (let i = end + 1; i > 0; i -= i & -i) before += sums[i];
      count += seen - before;
      for (let i = end + 1; i <= size; i += i & -i) sums[i]++;
    });
  }
  return count;
}

/** Place the members of each layer: pulled to the middle of their neighbours, never over one another. */
function placeAcross(net, rows, gap) {
  net.x = new Float64Array(net.layer.length);
  for (const row of rows) {
    let at = 0;
    for (const node of row) {
      net.x[node] = at + net.width[node] / 2;
      at += net.width[node] + gap;
    }
  }
  for (let round = 0; round < PULLS; round++) {
    const down = round % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) settle(net, row, down ? net.up : net.down, gap);
  }
  for (const row of rows) settle(net, row, net.up.map((up, i) => [...up, ...net.down[i]]), gap);
}

/** Move a layer to where it wants to be; boxes that meet move together, to the mean of their wishes. */
function settle(net, row, side, gap) {
  const groups = [];
  for (const node of row) {
    const wish = side[node].length ? median(side[node], net.x, 0) : net.x[node];
    // Points of long links pull hardest, so that these stay straight.
    const pull = node >= net.boxes ? 4 : side[node].length ? 1 : 0.1;
    groups.push({ nodes: [node], offset: [0], width: net.width[node], wish: wish * pull, pull, first: net.width[node] / 2 });
    while (groups.length > 1 && meets(groups.at(-2), groups.at(-1), gap)) join(groups, net, gap);
  }
  for (const group of groups) {
    const start = group.wish / group.pull;
    group.nodes.forEach((node, i) => (net.x[node] = start + group.offset[i]));
  }
}

function meets(left, right, gap) {
  const end = left.wish / left.pull - left.first + left.width;
  return end + gap > right.wish / right.pull - right.first;
}

function join(groups, net, gap) {
  const right = groups.pop();
  const left = groups.at(-1);
  const shift = left.width - left.first + gap + right.first;
  left.nodes.push(...right.nodes);
  left.offset.push(...right.offset.map((offset) => offset + shift));
  left.wish += right.wish - right.pull * shift;
  left.pull += right.pull;
  left.width += gap + right.width;
}

function placeDown(net, rows, gap, margin) {
  net.y = new Float64Array(net.layer.length);
  let y = margin;
  for (const row of rows) {
    const tall = row.reduce((most, node) => Math.max(most, net.height[node]), 0);
    for (const node of row) net.y[node] = y + tall / 2;
    y += tall + gap;
  }
  let [left, right] = [Infinity, -Infinity];
  net.x.forEach((x, i) => {
    left = Math.min(left, x - net.width[i] / 2);
    right = Math.max(right, x + net.width[i] / 2);
  });
  if (!net.x.length) return [2 * margin, 2 * margin];
  for (let i = 0; i < net.x.length; i++) net.x[i] += margin - left;
  return [right - left + 2 * margin, y - gap + margin];
}

/** List the points of a link, caller first. */
function trace(net, chain, isBack) {
  if (chain.length === 1) {
    const [x, y] = [net.x[chain[0]] + net.width[chain[0]] / 2, net.y[chain[0]]];
    return [{ x, y: y - 6 }, { x: x + 18, y }, { x, y: y + 6 }];
  }
  const points = chain.map((node, i) => {
    const half = net.height[node] / 2;
    return { x: net.x[node], y: net.y[node] + (i === 0 ? half : i === chain.length - 1 ? -half : 0) };
  });
  return isBack ? points.reverse() : points;
}
