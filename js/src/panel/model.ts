// The part of anywidget's model that the views use, and what hangs on it.
import { t } from '../i18n';
import { sendByControl } from './control_channel';
import { type Command, isReply, type Reply, WIRE } from './protocol';

/** Milliseconds after which a request that has no answer goes by the control channel as well. */
const PATIENCE = 400;

export interface Model {
  get(name: string): unknown;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
  send(content: unknown): void;
  /** JupyterLab's manager of widgets, which knows the kernel; anywidget hands it on. */
  widget_manager?: unknown;
}

/** Call back now and whenever one of the traits changes, until the signal ends it. */
export function follow(model: Model, traits: string[], signal: AbortSignal, callback: () => void): void {
  for (const trait of traits) {
    model.on(`change:${trait}`, callback);
    signal.addEventListener('abort', () => model.off(`change:${trait}`, callback));
  }
  callback();
}

export type Ask = (kind: string, value?: unknown) => Promise<Reply>;

function refusal(request: number, error: string): Reply {
  return { kind: 'reply', request, ok: false, error, data: null };
}

let requests = Math.floor(Math.random() * 1e6) * 1000;

/** Return a function that asks the kernel and settles with its answer. */
export function asker(model: Model, signal: AbortSignal): Ask {
  const waiting = new Map<number, (reply: Reply) => void>();
  const receive = (message: unknown): void => {
    if (isReply(message)) {
      waiting.get(message.request)?.(message);
      waiting.delete(message.request);
    }
  };
  model.on('msg:custom', receive as never);
  signal.addEventListener('abort', () => {
    model.off('msg:custom', receive as never);
    waiting.clear();
  });
  return (kind, value = null) =>
    new Promise((settle) => {
      requests += 1;
      const command: Command = { wire: WIRE, request: requests, kind, value };
      waiting.set(command.request, settle);
      try {
        model.send(command);
      } catch {
        receive(refusal(command.request, t('The kernel is gone.')));
      }
      setTimeout(() => {
        // The comm may wait behind a running cell where the control channel does not; the kernel obeys only once.
        if (waiting.has(command.request) && !signal.aborted) sendByControl(model, command);
      }, PATIENCE);
    });
}
