import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

/** What `nnwidgets` puts beside the widget view in an output. */
export const PANEL_MIME = 'application/vnd.nnwidgets.panel+json';
/** What two runs side by side put beside their table of HTML. */
export const COMPARISON_MIME = 'application/vnd.nnwidgets.comparison+json';
/** What ipywidgets renders. */
export const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';

export interface PanelPayload {
  /** The id of the live panel's widget model. */
  readonly modelId: string;
  /** An SVG document, which a later version of the format keeps as well. */
  readonly still: string;
  readonly runId: string;
}

/** Read an output's data; null where it is not of our format, as anybody may write a notebook. */
export function readPayload(data: ReadonlyPartialJSONValue | undefined): PanelPayload | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const { model_id, still, run_id } = data as { [key: string]: unknown };
  if (typeof model_id !== 'string' || typeof still !== 'string') return null;
  return { modelId: model_id, still, runId: typeof run_id === 'string' ? run_id : '' };
}

export interface ComparisonPayload {
  /** An SVG document. */
  readonly still: string;
  /** The whole names of the two runs; the head of the table may hold them shortened. */
  readonly names: readonly string[];
  /** The table, its head first: what, of the one run, of the other. */
  readonly rows: readonly (readonly string[])[];
  readonly text: string;
}

/** Read a comparison's data; null where it is not of our format. */
export function readComparison(data: ReadonlyPartialJSONValue | undefined): ComparisonPayload | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const { still, names, rows, text } = data as { [key: string]: unknown };
  if (typeof still !== 'string' || typeof text !== 'string' || !isWords(names)) return null;
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isWords)) return null;
  return { still, names, rows, text };
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
