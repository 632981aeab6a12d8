// Steer the foremost training of a notebook without its panel: by a command of JupyterLab.
import type { ISessionContext } from '@jupyterlab/apputils';
import type { KernelMessage } from '@jupyterlab/services';
import { t } from '../i18n';
import { type Command, isReply, WIRE } from '../panel/protocol';
import { type DeskRun, foremost, isOpen } from './desk_status';
import type { Place } from './desks';
import { ask, requestNumber } from './kernel_requests';

export type Steering = 'pause' | 'resume' | 'stop';

/** Milliseconds to wait for what became of a command; one that waits for a long step is not reported. */
const PATIENCE_MS = 60_000;

/** The training that a command steers, or null where there is none that goes on. */
export function steerable(place: Place | null): DeskRun | null {
  const run = foremost(place?.link.status ?? null);
  return run !== null && isOpen(run) && run.head !== null ? run : null;
}

/** Steer; return what the person has to know where it was refused, or null. */
export async function steer(place: Place, control: Steering): Promise<string | null> {
  const head = steerable(place)?.head;
  const { kernel, context } = place.link;
  if (!head || kernel === null) return t('No training is going on here.');
  const command: Command = {
    wire: WIRE,
    request: requestNumber(),
    kind: 'control',
    value: { control, value: null },
  };
  const outcome = replyTo(context, head, command.request);
  const answer = await ask(kernel, { model: head, data: { ...command, value: { control, value: null } } });
  if (answer === null) return t('The kernel did not answer.');
  if (answer.status !== 'ok') return String(answer.reason ?? t('The kernel refused.'));
  return outcome;
}

/** Wait for the panel's reply, which comes as a message of its widget. */
function replyTo(context: ISessionContext, head: string, request: number): Promise<string | null> {
  return new Promise((settle) => {
    const end = (error: string | null): void => {
      clearTimeout(timer);
      context.iopubMessage.disconnect(listen);
      settle(error);
    };
    const listen = (_: ISessionContext, message: KernelMessage.IMessage): void => {
      if (message.header.msg_type !== 'comm_msg') return;
      const { comm_id, data } = message.content as { comm_id?: unknown; data?: { content?: unknown } };
      const reply = data?.content;
      if (comm_id === head && isReply(reply) && reply.request === request) end(reply.ok ? null : reply.error);
    };
    const timer = setTimeout(() => end(null), PATIENCE_MS);
    context.iopubMessage.connect(listen);
  });
}
