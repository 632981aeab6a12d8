// What the page asks a kernel besides what its widgets do.
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import { t } from '../i18n';
import { controlMessage } from '../panel/control_message';
import { DESK_PREFIX } from './desk_status';

/** Milliseconds after which nobody waits any more for an answer on the control channel. */
const PATIENCE_MS = 20_000;

/**
 * Ask nnwidgets on the control channel, which a running cell does not block.
 *
 * Null where there is no answer. A kernel that does not know our kind of request gives none, so it is asked only after
 * a desk has been found in it.
 */
export async function ask(kernel: Kernel.IKernelConnection, content: JSONObject): Promise<JSONObject | null> {
  // The types know the kinds of the protocol of Jupyter, of which ours is none.
  const message = controlMessage(
    kernel,
    content,
  ) as unknown as KernelMessage.IControlMessage<'debug_request'>;
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(null), PATIENCE_MS);
    const end = (answer: JSONObject | null): void => {
      clearTimeout(timer);
      settle(answer);
    };
    try {
      const future = kernel.sendControlMessage(message, true, true);
      future.onReply = (reply) => end((reply as { content: unknown }).content as JSONObject);
      future.done.catch(() => end(null));
    } catch {
      end(null); // the kernel is gone
    }
  });
}

/** Return a number for a command, above those of a panel's own requests. */
export function requestNumber(): number {
  return 2 ** 40 + Math.floor(Math.random() * 2 ** 40);
}

/** Return the model id of the kernel's desk, or null where it has none; undefined where it cannot say. */
export async function findDesk(kernel: Kernel.IKernelConnection): Promise<string | null | undefined> {
  try {
    const { content } = await kernel.requestCommInfo({ target_name: 'jupyter.widget' });
    if (content.status !== 'ok') return undefined;
    return Object.keys(content.comms).find((id) => id.startsWith(DESK_PREFIX)) ?? null;
  } catch {
    return undefined; // it restarts, or the connection is lost
  }
}

export type Presence = 'installed' | 'missing' | 'foreign';

const INSTALLED = "__import__('importlib.util').util.find_spec('nnwidgets') is not None";
const DESK = "__import__('nnwidgets._wiring', fromlist=['open_sidebar']).open_sidebar()";

/** Say whether the kernel could have nnwidgets; null where it cannot say. Leaves no trace in the person's session. */
export async function presenceIn(kernel: Kernel.IKernelConnection): Promise<Presence | null> {
  try {
    if ((await kernel.info).language_info.name !== 'python') return 'foreign';
    const reply = await execute(kernel, '', { there: INSTALLED });
    const there = reply?.user_expressions?.there as { data?: Record<string, unknown> } | undefined;
    const text = there?.data?.['text/plain'];
    return text === 'True' ? 'installed' : text === 'False' ? 'missing' : null;
  } catch {
    return null;
  }
}

/** Have the kernel make its desk, with the runs of the store; return what went wrong, or null. */
export async function makeDesk(kernel: Kernel.IKernelConnection): Promise<string | null> {
  try {
    const reply = await execute(kernel, DESK, {});
    return reply ? null : t('The kernel could not show its runs.');
  } catch {
    return t('The kernel did not answer.');
  }
}

async function execute(
  kernel: Kernel.IKernelConnection,
  code: string,
  expressions: Record<string, string>,
): Promise<KernelMessage.IReplyOkContent & { user_expressions?: Record<string, unknown> }> {
  const future = kernel.requestExecute({
    code,
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: expressions,
  });
  const { content } = await future.done;
  if (content.status !== 'ok') throw new Error('the kernel refused');
  return content as never;
}
