// Keeps what the page shows whole: it notices frames that never came, and has everything sent anew.
//
// The server drops what a kernel sends too fast, a connection may be cut, and neither tells the kernel. What tells the
// page: a number of a frame that is left out, an answer that names a later frame than the last one here, and the
// server's own notice that it drops messages.
import type { Ask, Model } from './model';
import type { HeadState, Reply } from './protocol';

/** Milliseconds without a frame after which the kernel is asked for the number of its last one; doubled each time. */
const SILENCE = 3_000;
const LONGEST = 30_000;
/** Milliseconds between two requests for everything; doubled while they remain without success. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 8_000;
/** Requests in a row without a new frame, after which only a frame or a new connection is a reason to ask again. */
const TRIES = 12;
/** Milliseconds after which an answer is taken for lost. */
const PATIENCE = 5_000;
/** Milliseconds in which frames that came before an answer are drawn. */
const SETTLING = 100;
/** What jupyter_server writes into the cell when it begins to drop messages. */
const DROPPED = /^IOPub (?:message|data) rate exceeded/;

export interface Frames {
  /** Ask nothing: nobody would answer. */
  rest(): void;
  /** Go on, and look at once for frames that were lost. */
  resume(): void;
}

/** Follow the frames of a panel until the signal ends it. */
export function followFrames(model: Model, ask: Ask, signal: AbortSignal): Frames {
  const state = (): Partial<HeadState> => (model.get('state') as Partial<HeadState> | undefined) ?? {};
  const lookAfter = waiter(signal);
  let shown = state().frame ?? 0;
  let open = state().open === true;
  let silence = SILENCE;
  let asking = false;
  let again = false;
  let resting = false;

  /** Ask for everything, until it is here. */
  const mend = async (): Promise<void> => {
    again = true;
    if (asking || resting) return;
    asking = true;
    let pause = PAUSE;
    for (let tries = 0; again && tries < TRIES && !resting && !signal.aborted; tries += 1) {
      const before = shown;
      again = false;
      if (await lacks('state')) again = true;
      if (shown > before) tries = 0;
      await wait(pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
    asking = false;
  };

  /** Ask, and return whether the answer is lost or names a frame that is not here. */
  const lacks = async (kind: 'ping' | 'state'): Promise<boolean> => {
    const reply = await Promise.race([ask(kind), wait(PATIENCE, signal)]);
    await wait(SETTLING, signal);
    const last = lastFrame(reply);
    return last === null ? kind === 'state' : last > shown;
  };

  const look = (): void => {
    // A kernel whose runs are over is left in peace: it may be one that the server ends when nobody uses it.
    if (!open || resting) return;
    silence = Math.min(2 * silence, LONGEST);
    lookAfter(silence, look);
    if (!asking) void lacks('ping').then((lost) => (lost ? mend() : undefined));
  };

  const came = (): void => {
    const { frame = 0, open: now = false } = state();
    const gap = frame > shown + 1;
    const ended = open && !now;
    shown = frame;
    open = now;
    silence = SILENCE;
    lookAfter(silence, look);
    // The last picture stays for long, and no later one would mend it.
    if (gap || ended) void mend();
  };

  const told = (_: unknown, message: KernelMessage): void => {
    const { name, text } = message.content ?? {};
    if (message.header?.msg_type === 'stream' && name === 'stderr' && DROPPED.test(text ?? '')) void mend();
  };

  model.on('change:state', came);
  signal.addEventListener('abort', () => model.off('change:state', came));
  const notices = kernelMessages(model);
  notices?.connect(told);
  signal.addEventListener('abort', () => notices?.disconnect(told));
  lookAfter(silence, look);
  return {
    rest: () => {
      resting = true;
    },
    resume: () => {
      resting = false;
      silence = SILENCE;
      if (open || again) void mend();
    },
  };
}

interface KernelMessage {
  header?: { msg_type?: string };
  content?: { name?: string; text?: string };
}

interface Messages {
  connect(slot: (sender: unknown, message: KernelMessage) => void): unknown;
  disconnect(slot: (sender: unknown, message: KernelMessage) => void): unknown;
}

/** JupyterLab's signal of what the kernel publishes, where the front end has it. */
function kernelMessages(model: Model): Messages | null {
  const manager = model.widget_manager as
    | { kernel?: { iopubMessage?: Partial<Messages> } | null }
    | undefined;
  const signal = manager?.kernel?.iopubMessage;
  return typeof signal?.connect === 'function' ? (signal as Messages) : null;
}

function lastFrame(reply: Reply | undefined): number | null {
  const last = Number.parseInt(reply?.data ?? '', 10);
  return Number.isNaN(last) ? null : last;
}

/** Return a timer of which only the last setting counts. */
function waiter(signal: AbortSignal): (ms: number, then: () => void) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener('abort', () => clearTimeout(timer));
  return (ms, then) => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(then, ms);
  };
}

function wait(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
