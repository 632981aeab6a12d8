// What travels between the view of the graph and the kernel; the counterpart of GraphView in Python.

import type { Level } from '../panel/protocol';

/** One of the graphs of a run: the step of whose forward pass it is, and how it is called. */
export interface GraphChoice {
  step: number;
  label: string;
}

export interface Finding {
  level: Level;
  path: string;
  since: number;
  text: string;
}

export interface GraphState {
  wire: number;
  message: string | null;
  graphs: GraphChoice[];
  shown: number;
  changes: Record<string, string>;
  steps: number[];
  at: number | null;
  values_step: number | null;
  findings: Finding[];
  /** What the statistics leave out, in sentences; shown beside the notes of the graph itself. */
  notes: string[];
  node: string | null;
  open: boolean;
}

/**
 * The trait `columns` (not `layout`: every DOM widget has a trait of that name already): which numbers stand where in
 * the values, four for each module, then three for each parameter.
 */
export interface Columns {
  modules: string[];
  parameters: string[];
}

/** Ask Python to plot a node's statistic over time. */
export interface NodeWanted {
  key: string;
  statistic: string;
}
