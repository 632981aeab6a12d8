import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

/** What `nnwidgets` puts beside the widget view in an output. */
export const PANEL_MIME = 'application/vnd.nnwidgets.panel+json';
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
