import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { WIDGET_MIME } from './payload';

const PERIOD_MS = 100;
const PATIENCE_MS = 30_000;

type Factories = Pick<IRenderMimeRegistry, 'getFactory'>;

/**
 * Wait until ipywidgets has given the notebook a widget manager; false if it never does or `signal` aborts.
 *
 * There is no public way to ask for the manager. Until it exists, the notebook's registry has the factory of the
 * application, whose views stay at "Loading widget…"; then it gets one of its own.
 */
export async function hasWidgetManager(
  notebook: Factories,
  application: Factories,
  signal: AbortSignal,
): Promise<boolean> {
  for (let waited = 0; waited <= PATIENCE_MS && !signal.aborted; waited += PERIOD_MS) {
    const factory = notebook.getFactory(WIDGET_MIME);
    if (factory !== undefined && factory !== application.getFactory(WIDGET_MIME)) return true;
    await pause(PERIOD_MS, signal);
  }
  return false;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
