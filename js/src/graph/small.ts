// Small levels are laid out by dagre, which finds few crossings and straight ways.
import { Graph, layout } from '@dagrejs/dagre';
import { BESIDE, GAP, type Placed, settled, type Task } from './placed';
import { ranked } from './ranks';

/** Return where the boxes stand. Raises a RangeError where the stack has too little room for dagre. */
export function placeSmall(task: Task): Placed {
  const { rank, layers, reversed } = ranked(task.count, task.links, task.entries, task.exits);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    nodesep: BESIDE,
    edgesep: 14,
    ranksep: GAP,
    ranker: (inner: Graph) => {
      // Dagre doubles the ranks to have room for labels; its own root is taken away again.
      for (const name of inner.nodes()) inner.node(name).rank = 2 * (rank[Number(name)] ?? -1);
    },
  } as never);
  graph.setDefaultEdgeLabel(() => ({}));
  for (let box = 0; box < task.count; box++) {
    graph.setNode(String(box), { width: task.width[box], height: task.height[box] });
  }
  task.links.forEach((link, i) => {
    const [from, to] = reversed[i] ? [link.b, link.a] : [link.a, link.b];
    graph.setEdge(String(from), String(to), {}, String(i));
  });
  layout(graph as never);
  const x = Float64Array.from({ length: task.count }, (_, box) => Number(graph.node(String(box)).x));
  const lanes = task.links.map((link, i) => {
    const [from, to] = reversed[i] ? [link.b, link.a] : [link.a, link.b];
    const points = graph.edge(String(from), String(to), String(i)).points as { x: number }[];
    // Every second point lies between two layers, where the curve needs none.
    return points.slice(1, -1).flatMap((point, place) => (place % 2 ? [point.x] : []));
  });
  return settled(task, x, rank, layers, reversed, lanes);
}
