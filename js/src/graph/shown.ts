// The graph that is shown: what is open in it, what is selected, and where that is drawn.
import type { Area } from './camera';
import { at, type Graph, isGroup, keyOf, TOP } from './data';
import { firstOpen } from './opening';
import { Ways } from './reach';
import type { Scene } from './scene';
import { Tree } from './tree';

/** Nodes from which on each step of the preparation may take a noticeable time. */
const LARGE = 20_000;

export class Shown {
  readonly open: Set<number>;
  scene: Scene | null = null;
  selected = TOP;
  #places = new Map<number, number>();
  readonly #parts = new Map<string, number>();

  private constructor(
    readonly graph: Graph,
    readonly tree: Tree,
    readonly ways: Ways,
    before: Shown | null,
  ) {
    graph.groups.forEach((group, i) => {
      this.#parts.set(group.key, i);
    });
    graph.nodes.forEach((node, i) => {
      this.#parts.set(node.key, graph.groups.length + i);
    });
    const known = before ? [...before.open].map((part) => keyOf(before.graph, part)) : [];
    const kept = known.map((key) => this.part(key)).filter((part) => part !== undefined);
    this.open = kept.length > 0 ? new Set(kept.filter((part) => isGroup(graph, part))) : firstOpen(this.tree);
    const selected = before && before.selected !== TOP ? keyOf(before.graph, before.selected) : null;
    this.selected = (selected === null ? undefined : this.part(selected)) ?? TOP;
  }

  /** Keep what was open in the graph before, as far as it is there again; the page has its turn in between. */
  static async of(graph: Graph, before: Shown | null): Promise<Shown> {
    const pause = (): Promise<void> => new Promise((settle) => setTimeout(settle));
    const tree = new Tree(graph);
    if (graph.nodes.length > LARGE) await pause();
    const ways = new Ways(graph);
    if (graph.nodes.length > LARGE) await pause();
    return new Shown(graph, tree, ways, before);
  }

  part(key: string): number | undefined {
    return this.#parts.get(key);
  }

  drawn(scene: Scene): void {
    this.scene = scene;
    this.#places = new Map(Array.from(scene.parts, (part, place) => [part, place]));
  }

  place(part: number): number {
    return this.#places.get(part) ?? -1;
  }

  /** Left, top, right and bottom of a part that is drawn. */
  area(part: number): Area | null {
    const place = this.place(part);
    if (!this.scene || place < 0) return null;
    const [x, y, width, height] = this.scene.rects.subarray(4 * place, 4 * place + 4);
    return [x, y, (x as number) + (width as number), (y as number) + (height as number)] as Area;
  }

  /** Open everything around a part; whether that changed anything. */
  openAround(part: number): boolean {
    const closed = this.tree.around(part).filter((group) => !this.open.has(group));
    for (const group of closed) this.open.add(group);
    return closed.length > 0;
  }

  toggle(part: number): void {
    if (!this.open.delete(part)) this.open.add(part);
  }

  /** The boxes in the order of computation: the first and the last of them. */
  end(last: boolean): number {
    const drawn = this.tree.nodes.filter((node) => this.place(node) >= 0);
    return (last ? drawn.at(-1) : drawn[0]) ?? at(this.scene?.parts ?? [TOP], 0);
  }
}
