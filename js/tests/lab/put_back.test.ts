import type { NotebookPanel } from '@jupyterlab/notebook';
import { expect, test } from 'vitest';
import desk from '../../../tests/fixtures/protocol/desk.json';
import type { DeskRun } from '../../src/lab/desk_status';
import { PANEL_MIME } from '../../src/lab/payload';
import { putBack } from '../../src/lab/put_back';

const run = desk.runs[0] as DeskRun;

interface Output {
  output_type: string;
  data: Record<string, unknown>;
}

function notebookWith(
  outputs: Output[],
  id = run.cell,
): { notebook: NotebookPanel; cell: { trusted: boolean } } {
  const cell = {
    id,
    type: 'code',
    trusted: false,
    outputs: {
      get length() {
        return outputs.length;
      },
      get: (place: number) => outputs[place],
      add: (output: Output) => outputs.push(output),
      toJSON: () => outputs,
    },
  };
  const notebook = { content: { widgets: [{ model: cell }] } } as unknown as NotebookPanel;
  return { notebook, cell };
}

test('a panel whose output was lost is put back into its cell, once', () => {
  const outputs: Output[] = [{ output_type: 'stream', data: {} }];
  const { notebook, cell } = notebookWith(outputs);
  expect(putBack(notebook, run)).toBe(true);
  expect(outputs[1]?.data[PANEL_MIME]).toMatchObject({ model_id: run.panel, run_id: run.id });
  expect(cell.trusted).toBe(true);
  expect(putBack(notebook, run)).toBe(false);
  expect(outputs).toHaveLength(2);
});

test('what else a cell holds does not come to life by that', () => {
  const { notebook, cell } = notebookWith([
    { output_type: 'display_data', data: { 'text/html': '<script>' } },
  ]);
  expect(putBack(notebook, run)).toBe(true);
  expect(cell.trusted).toBe(false);
});

test.each([
  ['stands in the sidebar alone', { cell_shows: false }],
  ['was shown by a cell that has ended', { cell_busy: false }],
  ['has no panel', { panel: null }],
  ['belongs to no cell', { cell: null }],
])('a run that %s is not put into a cell', (_, facts) => {
  const outputs: Output[] = [];
  expect(putBack(notebookWith(outputs).notebook, { ...run, ...facts })).toBe(false);
  expect(putBack(notebookWith(outputs, 'another cell').notebook, run)).toBe(false);
  expect(outputs).toEqual([]);
});
