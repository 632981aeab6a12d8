// The cell of a run, in its notebook.
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Place } from './desks';

/** Bring the notebook to the front, at this cell where it has it. */
export async function goToCell(
  shell: JupyterFrontEnd.IShell,
  place: Place,
  cellId: string | null,
): Promise<void> {
  shell.activateById(place.widget.id);
  const notebook = place.notebook;
  if (notebook === null || cellId === null) return;
  await notebook.revealed;
  const index = notebook.content.widgets.findIndex((cell) => cell.model.id === cellId);
  if (index < 0) return;
  notebook.content.activeCellIndex = index;
  await notebook.content.scrollToItem(index, 'center');
}
