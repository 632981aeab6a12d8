// Large levels are laid out in a time that grows with their size alone, and without recursion.
import { BESIDE, type Placed, settled, type Task } from './placed';
import { type Ends, ranked } from './ranks';

const SWEEPS = 4;
/** Places at which long links pass layers, at most, for each box; beyond, links go straight. */
const PASSES = 6;

export function placeLarge(task: Task): Placed {
  const found = ranked(task.count, task.links, task.entries, task.exits);
  const [rank, layers] = rows(found.rank, found.layers, task);
  const down = task.links.map((link, i) => (found.reversed[i] ? { a: link.b, b: link.a } : link));
  const long = down.reduce((sum, link) => sum + span(rank, link) - 1, 0);
  const web = new Web(task, rank, layers, down, long <= PASSES * (task.count + 2000));
  for (let sweep = 0; sweep < SWEEPS; sweep++) web.sort(sweep % 2 === 0);
  web.spread();
  for (const downwards of [true, false, true]) web.straighten(downwards);
  const x = Float64Array.from(web.x.slice(0, task.count));
  const lanes = web.passes.map((passes) => passes.map((pass) => web.x[pass] as number));
  return settled(task, x, rank, layers, found.reversed, lanes);
}

const span = (rank: Int32Array, link: Ends): number => (rank[link.b] as number) - (rank[link.a] as number);

/** Break layers that are much too wide into rows, each a layer of its own. */
function rows(rank: Int32Array, layers: number, task: Task): [rank: Int32Array, layers: number] {
  const most = Math.max(16, Math.ceil(Math.sqrt(task.count * 0.6)));
  const sizes = new Int32Array(layers);
  for (const layer of rank) sizes[layer] = (sizes[layer] as number) + 1;
  const first = new Int32Array(layers + 1);
  sizes.forEach((size, layer) => {
    const ports = (layer === 0 && task.entries > 0) || (layer === layers - 1 && task.exits > 0);
    first[layer + 1] = (first[layer] as number) + (ports ? 1 : Math.max(1, Math.ceil(size / most)));
  });
  const seen = new Int32Array(layers);
  const split = rank.map((layer) => {
    const number = seen[layer] as number;
    seen[layer] = number + 1;
    const own = (first[layer + 1] as number) - (first[layer] as number);
    return (first[layer] as number) + Math.floor((number * own) / (sizes[layer] as number));
  });
  return [split, first[layers] as number];
}

/** Boxes and the places at which long links pass, layer by layer, each with its neighbours above and below. */
class Web {
  readonly x: number[] = [];
  readonly passes: number[][];
  readonly #layers: number[][];
  readonly #above: number[][] = [];
  readonly #below: number[][] = [];
  readonly #widths: number[];
  readonly #places: number[] = [];

  constructor(task: Task, rank: Int32Array, layers: number, links: readonly Ends[], passing: boolean) {
    this.#layers = Array.from({ length: layers }, () => []);
    this.#widths = Array.from({ length: task.count }, (_, box) => (task.width[box] as number) + BESIDE);
    for (let box = 0; box < task.count; box++) this.#add(rank[box] as number);
    this.passes = links.map((link) => {
      const passes: number[] = [];
      let last = link.a;
      for (let layer = (rank[link.a] as number) + 1; passing && layer < (rank[link.b] as number); layer++) {
        this.#widths.push(14);
        const pass = this.#add(layer);
        passes.push(pass);
        this.#join(last, pass);
        last = pass;
      }
      this.#join(last, link.b);
      return passes;
    });
  }

  #add(layer: number): number {
    const one = this.#above.length;
    this.#above.push([]);
    this.#below.push([]);
    const members = this.#layers[layer] as number[];
    this.#places[one] = members.push(one) - 1;
    return one;
  }

  #join(above: number, below: number): void {
    this.#below[above]?.push(below);
    this.#above[below]?.push(above);
  }

  /** Sort each layer by the middle of its neighbours in the layer before, which leaves fewer crossings. */
  sort(downwards: boolean): void {
    const sides = downwards ? this.#above : this.#below;
    for (const layer of downwards ? this.#layers : [...this.#layers].reverse()) {
      if (layer.length < 2) continue;
      const wish = new Map(layer.map((one, i) => [one, mean(sides[one] as number[], this.#places) ?? i]));
      layer.sort((a, b) => (wish.get(a) as number) - (wish.get(b) as number));
      layer.forEach((one, place) => {
        this.#places[one] = place;
      });
    }
  }

  /** Put the members of each layer side by side, all layers around one middle. */
  spread(): void {
    for (const layer of this.#layers) {
      const all = layer.reduce((sum, one) => sum + (this.#widths[one] as number), 0);
      let left = -all / 2;
      for (const one of layer) {
        this.x[one] = left + (this.#widths[one] as number) / 2;
        left += this.#widths[one] as number;
      }
    }
  }

  /** Bring each box as near below (or above) its neighbours as the others in its layer let it. */
  straighten(downwards: boolean): void {
    const sides = downwards ? this.#above : this.#below;
    for (const layer of downwards ? this.#layers : [...this.#layers].reverse()) {
      const wishes = layer.map((one) => mean(sides[one] as number[], this.x) ?? (this.x[one] as number));
      const offsets: number[] = [];
      let offset = 0;
      layer.forEach((one, i) => {
        const half = (this.#widths[one] as number) / 2;
        if (i > 0) offset += half;
        offsets.push(offset);
        offset += half;
      });
      const best = rising(wishes.map((wish, i) => wish - (offsets[i] as number)));
      layer.forEach((one, i) => {
        this.x[one] = (best[i] as number) + (offsets[i] as number);
      });
    }
  }
}

function mean(ones: number[], values: readonly number[]): number | undefined {
  if (ones.length === 0) return undefined;
  return ones.reduce((sum, one) => sum + (values[one] as number), 0) / ones.length;
}

/** The rising numbers that are nearest to those given, by pooling neighbours that fall. */
export function rising(values: readonly number[]): number[] {
  const pools: { sum: number; count: number }[] = [];
  for (const value of values) {
    let pool = { sum: value, count: 1 };
    for (
      let last = pools.at(-1);
      last && last.sum / last.count >= pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pools.pop();
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
    }
    pools.push(pool);
  }
  return pools.flatMap((pool) => new Array<number>(pool.count).fill(pool.sum / pool.count));
}
