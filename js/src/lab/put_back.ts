// A panel whose notebook was loaded anew before it was saved: its cell has lost the output that shows it.
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import type { DeskRun } from './desk_status';
import { PANEL_MIME, readPayload, WIDGET_MIME } from './payload';

type Outputs = ICodeCellModel['outputs'];

/** Put a panel back into the cell that is still training it, unless it is there; return whether that was needed. */
export function putBack(notebook: NotebookPanel, run: DeskRun): boolean {
  if (!run.cell_busy || run.panel === null || run.cell === null) return false;
  const outputs = outputsOf(notebook, run.cell);
  if (outputs === null || placeOf(outputs, run.id) >= 0) return false;
  outputs.add({
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
  const outputs = outputsOf(notebook, run.cell);
  if (outputs === null || readPayload(data[PANEL_MIME])?.runId !== run.id) return false;
  const place = placeOf(outputs, run.id);
  if (place < 0) return false;
  outputs.set(place, { output_type: 'display_data', data, metadata });
  return true;
}

function outputsOf(notebook: NotebookPanel, cellId: string): Outputs | null {
  const cell = notebook.content.widgets.find(({ model }) => model.id === cellId)?.model;
  return cell?.type === 'code' ? (cell as ICodeCellModel).outputs : null;
}

function placeOf(outputs: Outputs, runId: string): number {
  for (let i = 0; i < outputs.length; i++) {
    if (readPayload(outputs.get(i).data[PANEL_MIME])?.runId === runId) return i;
  }
  return -1;
}
