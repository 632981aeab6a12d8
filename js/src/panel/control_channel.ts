// A second way to the kernel: its control channel, which a running cell never blocks.
import { controlMessage } from './control_message';
import type { Model } from './model';
import type { Command } from './protocol';

/** The part of JupyterLab's kernel connection that is used here. */
interface Connection {
  clientId: string;
  username: string;
  sendControlMessage(message: unknown, expectReply?: boolean, disposeOnDone?: boolean): unknown;
}

/** Send a request once more, by the control channel; false where the front end has no way to do that. */
export function sendByControl(model: Model, command: Command): boolean {
  const kernel = connection(model);
  const address = model.get('address');
  if (!kernel || typeof address !== 'string' || address === '') return false;
  try {
    kernel.sendControlMessage(controlMessage(kernel, { model: address, data: command }), false, true);
    return true;
  } catch {
    return false; // a kernel that is gone, or a front end that has another idea of messages
  }
}

function connection(model: Model): Connection | null {
  const manager = model.widget_manager as { kernel?: Partial<Connection> | null } | undefined;
  const kernel = manager?.kernel;
  return typeof kernel?.sendControlMessage === 'function' ? (kernel as Connection) : null;
}
