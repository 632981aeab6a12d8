// What the worker does: it reads graphs and lays them out. Where a page allows no worker, it runs in the page itself.
//
// The build turns this module into one function without imports, whose text is the worker's program.
import { type Speech, speakAs, t } from '../i18n';
import { Arranger } from './arrange';
import { at, type Graph, type Group, type Node } from './data';
import { Levels } from './levels';
import { GraphError, parseGraph } from './parse';
import { buffersOf, type Scene } from './scene';
import { Tree } from './tree';
import { setWide } from './words';

/** Groups or nodes that are handed over at once; the page takes breath in between. */
const PIECE = 2000;

export type Order =
  | { id: number; kind: 'load'; bytes: Uint8Array; wide: number; speech: Speech }
  | { id: number; kind: 'arrange'; open: number[]; around: number | null };

export type Answer =
  | { id: number; kind: 'groups'; groups: Group[] }
  | { id: number; kind: 'nodes'; nodes: Node[] }
  | { id: number; kind: 'graph'; graph: Omit<Graph, 'groups' | 'nodes'> }
  | { id: number; kind: 'scene'; scene: Scene }
  | { id: number; kind: 'failed'; text: string; known: boolean };

/** The part of a worker's own scope that is used. */
export interface Scope {
  onmessage: ((event: { data: Order }) => void) | null;
  postMessage(message: Answer, transfer?: ArrayBuffer[]): void;
  /** In the page: let it do something else if it has waited long enough. */
  rest?(): Promise<void> | undefined;
}

export function service(scope: Scope): void {
  let arranger: Arranger | null = null;
  let graph: Graph | null = null;
  // One after another: a graph is there before it is laid out.
  let last = Promise.resolve();
  scope.onmessage = ({ data }) => {
    last = last.then(() => obey(data)).catch((error: unknown) => refuse(data.id, error));
  };

  async function obey(order: Order): Promise<void> {
    if (order.kind === 'load') {
      setWide(order.wide);
      speakAs(order.speech);
      const loaded = parseGraph(await inflated(order.bytes));
      arranger = new Arranger(new Levels(new Tree(loaded)));
      graph = loaded;
      await hand(order.id, loaded);
    } else if (arranger && graph) {
      if (order.around !== null) show(arranger.levels, order.around);
      const open = new Set(order.open);
      const scene = await arranger.arrange((group) => open.has(group), scope.rest?.bind(scope));
      scope.postMessage({ id: order.id, kind: 'scene', scene }, buffersOf(scene));
    }
  }

  async function hand(id: number, { groups, nodes, ...rest }: Graph): Promise<void> {
    for (let i = 0; i < groups.length; i += PIECE) {
      scope.postMessage({ id, kind: 'groups', groups: groups.slice(i, i + PIECE) });
      await scope.rest?.();
    }
    for (let i = 0; i < nodes.length; i += PIECE) {
      scope.postMessage({ id, kind: 'nodes', nodes: nodes.slice(i, i + PIECE) });
      await scope.rest?.();
    }
    scope.postMessage({ id, kind: 'graph', graph: rest });
  }

  function refuse(id: number, error: unknown): void {
    const known = error instanceof Error && error.name === 'GraphError';
    scope.postMessage({
      id,
      kind: 'failed',
      text: error instanceof Error ? error.message : String(error),
      known,
    });
  }
}

/** Let a level draw the members around a part that it leaves out. */
function show(levels: Levels, part: number): void {
  for (const inner of [...levels.tree.around(part), part]) {
    levels.moveTo(at(levels.tree.parent, inner), at(levels.tree.place, inner));
  }
}

async function inflated(bytes: Uint8Array): Promise<string> {
  const { readable, writable } = new DecompressionStream('deflate');
  const writer = writable.getWriter();
  // What is not whole is refused at both ends; the reading end tells.
  writer.write(bytes as BufferSource).catch(() => {});
  writer.close().catch(() => {});
  try {
    return await new Response(readable).text();
  } catch {
    throw new GraphError(t('The graph that came from the kernel is not whole.'));
  }
}
