// In which layer each box stands: every link goes downwards, and as few as possible are long.

/** A link by its ends; `cost` says how much its length matters. */
export interface Ends {
  a: number;
  b: number;
}

export interface Ranked {
  rank: Int32Array;
  layers: number;
  /** The links that go against the order, because they close a circle. */
  reversed: Uint8Array;
}

interface Ways {
  start: Int32Array;
  list: Int32Array;
}

/** Give the links by one of their ends: those of box i stand from start[i] to before start[i + 1]. */
export function waysFrom(count: number, links: readonly Ends[], end: 'a' | 'b'): Ways {
  const start = new Int32Array(count + 1);
  for (const link of links) start[link[end] + 1] = (start[link[end] + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) start[i + 1] = (start[i + 1] ?? 0) + (start[i] ?? 0);
  const next = start.slice();
  const list = new Int32Array(links.length);
  links.forEach((link, i) => {
    const place = next[link[end]] ?? 0;
    list[place] = i;
    next[link[end]] = place + 1;
  });
  return { start, list };
}

/** Rank boxes 0 to count − 1; `entries` stand in the first layer and `exits` in the last, whatever else. */
export function ranked(count: number, links: readonly Ends[], entries: number, exits: number): Ranked {
  const out = waysFrom(count, links, 'a');
  const into = waysFrom(count, links, 'b');
  const order = orderOf(count, links, out, into);
  const place = new Int32Array(count);
  order.forEach((box, i) => {
    place[box] = i;
  });
  const reversed = Uint8Array.from(links, (link) => Number((place[link.a] ?? 0) > (place[link.b] ?? 0)));
  const top = (i: number): number => (reversed[i] ? links[i]?.b : links[i]?.a) ?? 0;
  const bottom = (i: number): number => (reversed[i] ? links[i]?.a : links[i]?.b) ?? 0;
  const rank = new Int32Array(count);
  const ways = (box: number, visit: (link: number) => void): void => {
    for (const side of [out, into]) {
      for (let i = side.start[box] ?? 0; i < (side.start[box + 1] ?? 0); i++) visit(side.list[i] ?? 0);
    }
  };
  const exit = count - exits;
  const entry = exit - entries;
  const isEntry = (box: number): boolean => box >= entry && box < exit;
  for (const box of order) {
    let lowest = entries > 0 && !isEntry(box) ? 1 : 0;
    ways(box, (i) => {
      if (bottom(i) === box) lowest = Math.max(lowest, (rank[top(i)] ?? 0) + 1);
    });
    rank[box] = lowest;
  }
  pullDown();
  let last = 0;
  for (let box = 0; box < exit; box++) last = Math.max(last, rank[box] ?? 0);
  for (let box = exit; box < count; box++) rank[box] = last + 1;
  return { rank, layers: last + (exits > 0 ? 2 : 1), reversed };

  /** Move what feeds few and is fed by fewer, such as a constant, beside those that use it. */
  function pullDown(): void {
    for (let i = order.length - 1; i >= 0; i--) {
      const box = order[i] ?? 0;
      if (box >= entry) continue;
      let above = 0;
      let below = 0;
      let highest = Number.POSITIVE_INFINITY;
      ways(box, (way) => {
        if (bottom(way) === box) above += 1;
        else if (bottom(way) < exit) highest = Math.min(highest, rank[bottom(way)] ?? 0);
        if (top(way) === box) below += 1;
      });
      if (below > above && Number.isFinite(highest)) rank[box] = Math.max(rank[box] ?? 0, highest - 1);
    }
  }
}

/** An order in which links go forwards; where they run in a circle, the box that was computed first begins. */
function orderOf(count: number, links: readonly Ends[], out: Ways, into: Ways): number[] {
  const missing = Int32Array.from(
    { length: count },
    (_, i) => (into.start[i + 1] ?? 0) - (into.start[i] ?? 0),
  );
  const taken = new Uint8Array(count);
  const order: number[] = [];
  const ready: number[] = [];
  for (let box = count - 1; box >= 0; box--) if (missing[box] === 0) ready.push(box);
  let next = 0;
  while (order.length < count) {
    let box = ready.pop();
    if (box === undefined) {
      while (taken[next]) next += 1;
      box = next;
    }
    if (taken[box]) continue;
    taken[box] = 1;
    order.push(box);
    for (let i = out.start[box] ?? 0; i < (out.start[box + 1] ?? 0); i++) {
      const below = links[out.list[i] ?? 0]?.b ?? 0;
      missing[below] = (missing[below] ?? 0) - 1;
      if (missing[below] === 0 && !taken[below]) ready.push(below);
    }
  }
  return order;
}
