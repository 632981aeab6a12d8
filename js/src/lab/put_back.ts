// A panel whose notebook was loaded anew before it was saved: its cell has lost the output that shows it.
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import type { DeskRun } from './desk_status';
import { PANEL_MIME, readPayload, WIDGET_MIME } from './payload';

type Outputs = ICodeCellModel['outputs'];

/** Return whether a panel stands in its cell. */
export function stands(notebook: NotebookPanel, run: DeskRun): boolean {
  const cell = run.cell === null ? null : cellOf(notebook, run.cell);
  return cell !== null && placeOf(cell.outputs, run.id) >= 0;
}

/** Put a panel back into the cell that is still training it, unless it is there; return whether that was needed. */
export function putBack(notebook: NotebookPanel, run: DeskRun): boolean {
  if (!run.cell_shows || !run.cell_busy || run.panel === null || run.cell === null) return false;
  const cell = cellOf(notebook, run.cell);
  if (cell === null || placeOf(cell.outputs, run.id) >= 0) return false;
  // As running the cell did, which the page has forgotten; but nothing else in it may come to life by that.
  if (cell.outputs.toJSON().every(({ output_type: type }) => type === 'stream')) cell.trusted = true;
  cell.outputs.add({
    output_type: 'display_data',
    metadata: {},
    data: {
      // The picture comes from the kernel when the run ends.
      [PANEL_MIME]: { version: 1, model_id: run.panel, run_id: run.id, still: '' },
      [WIDGET_MIME]: { version_major: 2, version_minor: 0, model_id: run.panel },
      'text/plain': run.name,
    },
  });
  return true;
}

/** Keep the last picture, which the kernel sends as an update of an output that the page no longer knows. */
export function putPicture(
  notebook: NotebookPanel,
  run: Pick<DeskRun, 'id' | 'cell'>,
  message: KernelMessage.IMessage,
): boolean {
  if (message.header.msg_type !== 'update_display_data' || run.cell === null) return false;
  const { data, metadata } = message.content as KernelMessage.IUpdateDisplayDataMsg['content'];
  const outputs = cellOf(notebook, run.cell)?.outputs;
  if (outputs === undefined || readPayload(data[PANEL_MIME])?.runId !== run.id) return false;
  const place = placeOf(outputs, run.id);
  if (place < 0) return false;
  outputs.set(place, { output_type: 'display_data', data, metadata });
  return true;
}

function cellOf(notebook: NotebookPanel, id: string): ICodeCellModel | null {
  const cell = notebook.content.widgets.find(({ model }) => model.id === id)?.model;
  return cell?.type === 'code' ? (cell as ICodeCellModel) : null;
}

function placeOf(outputs: Outputs, runId: string): number {
  for (let i = 0; i < outputs.length; i++) {
    if (readPayload(outputs.get(i).data[PANEL_MIME])?.runId === runId) return i;
  }
  return -1;
}
