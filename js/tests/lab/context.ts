// As much of a notebook's session as the link to its desk uses; a test plays the kernel.
import type { ISessionContext } from '@jupyterlab/apputils';
import type { JSONObject } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { vi } from 'vitest';

export class Kernel {
  id = 'k1';
  status = 'idle';
  connectionStatus = 'connected';
  clientId = 'page';
  username = '';
  info = Promise.resolve({ language_info: { name: 'python' } });
  /** The widgets of the kernel. */
  comms: Record<string, object> = {};
  /** What nnwidgets answers on the control channel. */
  answer: JSONObject = { status: 'ok' };
  /** What the expression about nnwidgets gives. */
  there = 'True';
  asked: JSONObject[] = [];

  requestCommInfo = vi.fn(async () => ({ content: { status: 'ok', comms: this.comms } }));
  requestExecute = vi.fn(() => {
    const there = { status: 'ok', data: { 'text/plain': this.there } };
    return { done: Promise.resolve({ content: { status: 'ok', user_expressions: { there } } }) };
  });
  sendControlMessage = (message: { content: JSONObject }): object => {
    this.asked.push(message.content);
    const future = { onReply: (_: object): void => {}, done: new Promise(() => {}) };
    queueMicrotask(() => future.onReply({ content: this.answer }));
    return future;
  };
}

export class Context {
  kernelChanged = new Signal<this, object>(this);
  statusChanged = new Signal<this, string>(this);
  connectionStatusChanged = new Signal<this, string>(this);
  iopubMessage = new Signal<this, object>(this);
  kernelDisplayStatus = 'idle';
  session: { kernel: Kernel } | null = { kernel: new Kernel() };

  get own(): ISessionContext {
    return this as unknown as ISessionContext;
  }

  get kernel(): Kernel {
    if (this.session === null) throw new Error('there is no kernel');
    return this.session.kernel;
  }

  /** Have the kernel become so. */
  become(status: string): void {
    this.kernelDisplayStatus = status;
    if (this.session) this.session.kernel.status = status;
    this.statusChanged.emit(status);
  }

  /** Have the connection become so. */
  connect(status: string, display = status): void {
    this.kernelDisplayStatus = display;
    this.kernel.connectionStatus = status;
    this.connectionStatusChanged.emit(status);
  }

  hear(kind: string, content: object): void {
    this.iopubMessage.emit({ header: { msg_type: kind }, content });
  }
}

/** Let everything settle that waits for nothing but the kernel. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
