// One notebook's or console's kernel as the sidebar sees it: how it is, and what its desk says.
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { DESK_PREFIX, type DeskMessage, type DeskStatus, readDesk, readMessage } from './desk_status';
import { ask, findDesk, type Presence, presenceIn } from './kernel_requests';

/** How a kernel is; `unknown` is one that has no desk and was not asked yet whether it could have one. */
export type LinkState =
  | 'none'
  | 'connecting'
  | 'starting'
  | 'restarting'
  | 'dead'
  | 'offline'
  | 'busy'
  | 'unknown'
  | 'foreign'
  | 'missing'
  | 'unloaded'
  | 'desk';

const KERNEL: Partial<Record<ISessionContext.KernelDisplayStatus, LinkState>> = {
  initializing: 'connecting',
  connecting: 'connecting',
  starting: 'starting',
  restarting: 'restarting',
  autorestarting: 'restarting',
  terminating: 'none',
  dead: 'dead',
  disconnected: 'offline',
};
const PRESENCE: Record<Presence, LinkState> = {
  installed: 'unloaded',
  missing: 'missing',
  foreign: 'foreign',
};
/** Statuses after which nothing of the process before is left. */
const ENDS: readonly string[] = ['starting', 'restarting', 'autorestarting', 'terminating', 'dead'];

/** Follows the kernel of a session context, also into the next one, and finds its desk. */
export class DeskLink {
  constructor(readonly context: ISessionContext) {
    context.kernelChanged.connect(this.meet, this);
    context.statusChanged.connect(this.follow, this);
    context.connectionStatusChanged.connect(this.reconnect, this);
    context.iopubMessage.connect(this.listen, this);
    this.meet();
  }

  /** The state or what the desk says has changed. */
  readonly changed = new Signal<this, void>(this);
  /** The page has met a desk: a new one, or that of a kernel which runs already (true). */
  readonly met = new Signal<this, boolean>(this);
  /** The desk wants something of the page. */
  readonly said = new Signal<this, DeskMessage>(this);

  state: LinkState = 'none';
  /** The model id of the desk. */
  desk: string | null = null;
  status: DeskStatus | null = null;

  get kernel(): Kernel.IKernelConnection | null {
    return this.context.session?.kernel ?? null;
  }

  /** Whether somebody looks: only then is a kernel without a desk asked whether it could have one. */
  set watched(watched: boolean) {
    this.isWatched = watched;
    if (watched) void this.probe();
  }

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  private meet(): void {
    this.forget();
    if (this.kernel?.connectionStatus === 'connected') void this.look();
    this.update();
  }

  private reconnect(): void {
    if (this.kernel?.connectionStatus === 'connected') void this.look();
    this.update();
  }

  private follow(_: ISessionContext, status: Kernel.Status): void {
    if (ENDS.includes(status)) this.forget();
    this.update();
    if (status === 'idle' && this.isWatched) void this.probe();
  }

  private listen(_: ISessionContext, message: KernelMessage.IMessage): void {
    const { msg_type: kind } = message.header;
    // A cell may have installed what was missing.
    if (kind === 'execute_input') this.isAsked = false;
    if (kind !== 'comm_open' && kind !== 'comm_msg' && kind !== 'comm_close') return;
    const { comm_id: id, data } = message.content as { comm_id?: unknown; data?: Record<string, unknown> };
    if (typeof id !== 'string' || !id.startsWith(DESK_PREFIX)) return;
    this.heard += 1;
    if (kind === 'comm_close') {
      if (id === this.desk) this.forget();
      this.update();
      return;
    }
    const state = data?.state as { status?: unknown } | undefined;
    const words = data?.method === 'custom' ? readMessage(data.content) : null;
    // One that is heard of in the middle was there before this page.
    this.take(id, readDesk(state?.status), kind === 'comm_msg' && id !== this.desk);
    if (words !== null) this.said.emit(words);
  }

  /** Look for the desk of a kernel that runs already, or for what was missed while there was no connection. */
  private async look(): Promise<void> {
    const { kernel, heard } = this;
    if (kernel === null) return;
    const id = await findDesk(kernel);
    if (this.isDisposed || kernel !== this.kernel || id === undefined) return;
    if (id === null) {
      // What the page has heard in the meantime is newer than this answer.
      if (heard === this.heard) this.forget();
    } else {
      const answer = await ask(kernel, { ask: 'desk' });
      if (this.isDisposed || kernel !== this.kernel) return;
      if (answer?.desk === id) this.take(id, readDesk(answer.state), true);
    }
    this.update();
  }

  private take(desk: string, status: DeskStatus | null, running: boolean): void {
    const met = desk !== this.desk;
    this.desk = desk;
    this.status = status ?? this.status;
    this.update(status !== null);
    if (met || running) this.met.emit(running);
  }

  private forget(): void {
    this.desk = this.status = this.presence = null;
    this.isAsked = false;
  }

  private async probe(): Promise<void> {
    const { kernel } = this;
    if (kernel?.status !== 'idle' || kernel.connectionStatus !== 'connected') return;
    if (this.desk !== null || this.isAsked) return;
    this.isAsked = true;
    const presence = await presenceIn(kernel);
    if (this.isDisposed || kernel !== this.kernel) return;
    this.presence = presence;
    this.update();
  }

  private update(anyway = false): void {
    const before = this.state;
    const status = this.context.kernelDisplayStatus;
    const { presence } = this;
    const live: LinkState =
      this.desk !== null
        ? 'desk'
        : presence !== null
          ? PRESENCE[presence]
          : status === 'busy'
            ? 'busy'
            : 'unknown';
    this.state = KERNEL[status] ?? (this.kernel === null ? 'none' : live);
    if (anyway || this.state !== before || this.desk !== this.told) {
      this.told = this.desk;
      this.changed.emit();
    }
  }

  private isDisposed = false;
  private isWatched = false;
  private isAsked = false;
  private presence: Presence | null = null;
  private told: string | null = null;
  /** Messages of a desk so far. */
  private heard = 0;
}
