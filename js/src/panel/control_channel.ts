// A second way to the kernel: its control channel, which a running cell never blocks.
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
    kernel.sendControlMessage(
      {
        header: {
          msg_id: crypto.randomUUID(),
          msg_type: 'nnwidgets_request',
          session: kernel.clientId,
          username: kernel.username,
          date: new Date().toISOString(),
          version: '5.3',
        },
        parent_header: {},
        metadata: {},
        channel: 'control',
        content: { model: address, data: command },
        buffers: [],
      },
      false,
      true,
    );
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
