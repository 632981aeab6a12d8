// A graph as both threads hold it. A part is a group or a node: groups come first, then nodes, counted from 0.

export type Kind = 'input' | 'output' | 'module' | 'function' | 'parameter' | 'constant' | 'backward';

export type Shape = (number | null)[];

/** An array on its way: its shape and the name of its dtype. */
export type ArrayFacts = [shape: Shape, dtype: string];

/** A parameter: its name, shape, and whether it is trained. */
export type ParameterFacts = [name: string, shape: Shape, trainable?: boolean];

export interface Group {
  key: string;
  parent: string | null;
  path: string;
  name: string;
  type: string;
  call?: number;
  repeat?: number;
  params?: number;
  flops?: number;
  source?: string | null;
}

export interface Node {
  key: string;
  group: string | null;
  kind: Kind;
  op: string;
  name: string;
  path?: string | null;
  call?: number;
  detail?: string;
  outputs?: ArrayFacts[];
  parameters?: ParameterFacts[];
  flops?: number | null;
  source?: string | null;
  error?: string | null;
  of?: string | null;
}

/** Edges by columns: the parts at both ends, their output and input, and the array's place in `arrays`, or -1. */
export interface Edges {
  src: Int32Array;
  srcOut: Int32Array;
  dst: Int32Array;
  dstIn: Int32Array;
  array: Int32Array;
}

export interface Graph {
  framework: string;
  extractor: string;
  hash: string;
  notes: string[];
  groups: Group[];
  nodes: Node[];
  edges: Edges;
  arrays: ArrayFacts[];
}

/** Stands for "outside of all groups" where the number of a group is asked for. */
export const TOP = -1;

/** The number at a place that is known to be there. */
export function at(numbers: ArrayLike<number>, place: number): number {
  return numbers[place] as number;
}

export function isGroup(graph: Graph, part: number): boolean {
  return part >= 0 && part < graph.groups.length;
}

export function groupOf(graph: Graph, part: number): Group | undefined {
  return graph.groups[part];
}

export function nodeOf(graph: Graph, part: number): Node | undefined {
  return graph.nodes[part - graph.groups.length];
}

export function keyOf(graph: Graph, part: number): string {
  return (groupOf(graph, part) ?? nodeOf(graph, part))?.key ?? '';
}
