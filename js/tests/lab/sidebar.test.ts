import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { expect, test, vi } from 'vitest';
import { DeskLink } from '../../src/lab/desk';
import type { Desks, Place } from '../../src/lab/desks';
import { Sidebar } from '../../src/lab/sidebar';
import { Context, settled } from './context';

// jsdom lacks what they need when they are loaded; neither is looked at here.
vi.mock('@jupyterlab/apputils', () => ({ Clipboard: {} }));
vi.mock('../../src/lab/icon', () => ({ curvesIcon: undefined }));

test('what it offers is done in the notebook that is active now', async () => {
  const contexts = [new Context(), new Context()];
  const places = contexts.map(
    (context) => ({ widget: new Widget(), link: new DeskLink(context.own) }) as unknown as Place,
  );
  const desks = { current: places[0] } as unknown as Desks;
  const changed = new Signal<Desks, void>(desks);
  Object.assign(desks, { currentChanged: changed });
  const sidebar = new Sidebar(desks, {} as IRenderMimeRegistry);
  Widget.attach(sidebar, document.body);
  await settled();
  // The one that is come back to was asked before, so that it says the same at once.
  for (const place of [places[1], places[0]]) {
    desks.current = place ?? null;
    changed.emit();
    await settled();
  }
  const asked = contexts.map(({ kernel }) => kernel.requestExecute.mock.calls.length);
  const buttons = [...sidebar.node.querySelectorAll('button')];
  buttons.find(({ textContent }) => textContent === 'Show earlier runs')?.click();
  await settled();
  const later = contexts.map(({ kernel }) => kernel.requestExecute.mock.calls.length);
  expect(later.map((calls, i) => calls - (asked[i] ?? 0))).toEqual([1, 0]);
  sidebar.dispose();
});
