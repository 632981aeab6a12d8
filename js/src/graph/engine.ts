// The page's side of the worker: graphs are read and laid out elsewhere, so that the page never stands still.
import { speech, t } from '../i18n';
import type { Graph, Group, Node } from './data';
import type { Scene } from './scene';
import { type Answer, type Order, type Scope, service } from './worker';

/** Ms after which work in the page lets the page have its turn. */
const SLICE = 12;

export interface Engine {
  /** Read a graph; `wide` is for words.ts. Raises an Error whose message is for people. */
  load(bytes: Uint8Array, wide: number): Promise<Graph>;
  /** Lay it out with these groups open; `around` is a part that must be drawn. */
  arrange(open: number[], around?: number | null): Promise<Scene>;
}

interface Waiting {
  settle(result: Graph | Scene): void;
  refuse(error: Error): void;
  groups: Group[];
  nodes: Node[];
}

type Unnumbered = Order extends infer One ? (One extends Order ? Omit<One, 'id'> : never) : never;

export function startEngine(signal: AbortSignal): Engine {
  const waiting = new Map<number, Waiting>();
  const receive = (answer: Answer): void => {
    const asked = waiting.get(answer.id);
    if (!asked || signal.aborted) return;
    if (answer.kind === 'groups') for (const group of answer.groups) asked.groups.push(group);
    else if (answer.kind === 'nodes') for (const node of answer.nodes) asked.nodes.push(node);
    else {
      waiting.delete(answer.id);
      if (answer.kind === 'graph')
        asked.settle({ ...answer.graph, groups: asked.groups, nodes: asked.nodes });
      else if (answer.kind === 'scene') asked.settle(answer.scene);
      else
        asked.refuse(
          new Error(
            answer.known ? answer.text : t('The graph cannot be shown: {reason}', { reason: answer.text }),
          ),
        );
    }
  };
  const unanswered = new Map<number, Order>();
  let loaded: Order | null = null;
  let post = inWorker(receive, signal, () => {
    // A page may refuse a worker only after it was made; what was asked is asked again in the page.
    post = inPage(receive);
    if (loaded && !waiting.has(loaded.id)) post(loaded);
    for (const [id, order] of unanswered) if (waiting.has(id)) post(order);
  });
  post ??= inPage(receive);
  let count = 0;
  const ask = (order: Unnumbered): Promise<Graph | Scene> =>
    new Promise((settle, refuse) => {
      count += 1;
      waiting.set(count, { settle, refuse, groups: [], nodes: [] });
      const numbered = { ...order, id: count } as Order;
      for (const id of unanswered.keys()) if (!waiting.has(id)) unanswered.delete(id);
      unanswered.set(count, numbered);
      if (numbered.kind === 'load') loaded = numbered;
      post?.(numbered);
    });
  return {
    load: (bytes, wide) => ask({ kind: 'load', bytes, wide, speech: speech() }) as Promise<Graph>,
    arrange: (open, around = null) => ask({ kind: 'arrange', open, around }) as Promise<Scene>,
  };
}

type Post = (order: Order) => void;

function inWorker(receive: (answer: Answer) => void, signal: AbortSignal, failed: () => void): Post | null {
  try {
    const url = URL.createObjectURL(new Blob([`(${service})(self)`], { type: 'text/javascript' }));
    const worker = new Worker(url);
    let answered = false;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (!answered) URL.revokeObjectURL(url);
      answered = true;
      receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      URL.revokeObjectURL(url);
      if (!signal.aborted) failed();
    };
    signal.addEventListener('abort', () => worker.terminate());
    return (order) => worker.postMessage(order);
  } catch {
    return null;
  }
}

function inPage(receive: (answer: Answer) => void): Post {
  let since = performance.now();
  const scope: Scope = {
    onmessage: null,
    postMessage: (answer) => receive(answer),
    rest: () => {
      if (performance.now() - since < SLICE) return undefined;
      return new Promise((settle) =>
        setTimeout(() => {
          since = performance.now();
          settle();
        }),
      );
    },
  };
  service(scope);
  return (order) => {
    since = performance.now();
    scope.onmessage?.({ data: order });
  };
}
