import type { JupyterFrontEnd } from '@jupyterlab/application';
import { expect, test } from 'vitest';
import FIXTURE from '../../../tests/fixtures/protocol/desk.json';
import { DeskLink } from '../../src/lab/desk';
import type { Desks } from '../../src/lab/desks';
import plugin from '../../src/lab/outputs_plugin';
import { Context, settled } from './context';

const DESK = 'nnwidgets-desk-1';
const [run] = FIXTURE.runs;

test('a panel is put back once: not where a person has cleared the output since', async () => {
  const outputs: object[] = [];
  const list = {
    get length() {
      return outputs.length;
    },
    get: (place: number) => outputs[place],
    add: (output: object) => outputs.push(output),
    toJSON: () => outputs,
  };
  const model = { id: run?.cell, type: 'code', trusted: false, outputs: list };
  const notebook = {
    isDisposed: false,
    context: { ready: Promise.resolve() },
    content: { widgets: [{ model }] },
  };
  const context = new Context();
  context.kernel.comms = { [DESK]: {} };
  context.kernel.answer = { status: 'ok', desk: DESK, state: FIXTURE };
  const link = new DeskLink(context.own);
  const desks = { each: (callback: (place: object) => void) => callback({ notebook, link }) };
  plugin.activate({} as JupyterFrontEnd, desks as unknown as Desks);
  await settled();
  expect(outputs).toHaveLength(1);
  outputs.length = 0;
  context.connect('connecting');
  context.connect('connected', 'idle');
  await settled();
  expect(outputs).toEqual([]);
});
