// The head of the panel: what is going on, how far it is, the tools and the tabs.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import { exportMenu } from './export';
import { facts, withinEpoch } from './facts';
import { clock, percent } from './format';
import { followFrames } from './frames';
import { KERNEL, kernelOf, withoutKernel } from './kernel';
import { asker, follow, type Model } from './model';
import { optionsRow } from './options';
import { type HeadState, type OptionsState, understood } from './protocol';
import { announce, speaker } from './speech';
import { statusWord } from './status_words';
import { steerButtons } from './steer';
import { tabs } from './tabs';

/** Milliseconds after which the person is told what an unanswered click waits for. */
const PATIENCE = 1500;
/** Milliseconds that a status must last to be spoken: a single step is no news. */
const LASTING = 400;
const WORDS: Record<string, () => string> = {
  pause: () => t('Pause'),
  resume: () => t('Resume'),
  step: () => t('Step'),
  evaluate: () => t('Evaluation'),
  stop: () => t('Stop'),
  undo: () => t('Undo'),
  snapshot: () => t('Snapshot'),
};

export function renderHead(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const name = element('span', { class: 'nnw-name' });
  const pill = element('span', { class: 'nnw-pill', role: 'status', 'aria-live': 'off' });
  const line = element('span', { class: 'nnw-facts' });
  const cost = element('span', {
    class: 'nnw-cost',
    title: t('The share of the time that watching takes, at most'),
  });
  const error = element('div', { class: 'nnw-error', hidden: true });
  const done = element('i');
  const epoch = element('b');
  const bar = element(
    'div',
    {
      class: 'nnw-bar',
      role: 'progressbar',
      'aria-label': t('Progress'),
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    done,
    epoch,
  );
  const answer = element('div', { class: 'nnw-answer', hidden: true });

  let pending = 0;
  const command = async (
    kind: string,
    value: unknown = null,
    meanwhile = t('The kernel is busy: this happens when the cell ends.'),
  ): Promise<string | null> => {
    pending += 1;
    const patience = setTimeout(() => tell(meanwhile), PATIENCE);
    const reply = await ask(kind, value);
    clearTimeout(patience);
    pending -= 1;
    if (!reply.ok) tell(reply.error ?? t('That did not work.'), 'refused');
    else if (pending === 0) tell('');
    return reply.data;
  };
  const tell = (text: string, kind: 'refused' | null = null): void => {
    if (answer.textContent !== text) announce(el, text);
    say(answer, text);
    mark(answer, 'data-kind', kind);
    answer.hidden = text === '';
  };

  const steer = async (control: string, value: unknown = null): Promise<void> => {
    const said = await command(
      'control',
      { control, value },
      t('{what} requested; it waits for the step that is going on.', { what: WORDS[control]?.() ?? control }),
    );
    if (said) tell(said);
  };
  const steering = steerButtons(el, steer, signal);
  const options = optionsRow(command, signal);
  const menu = exportMenu(el, command, () => (model.get('state') as HeadState).name, tell, signal);
  options.row.append(options.tools);
  const tools = element('div', { class: 'nnw-tools' }, steering.group, menu, tabs(el, command, signal));
  el.classList.add('nnw-head');
  el.replaceChildren(
    element('div', { class: 'nnw-line' }, name, pill, line, cost),
    error,
    bar,
    tools,
    options.row,
    answer,
    speaker(signal),
  );
  const spoken = spokenStatus(el, signal);

  let kernel = kernelOf(el);
  const showState = (): void => {
    const told = model.get('state') as HeadState;
    const state = kernel === 'live' ? told : withoutKernel(told, kernel);
    if (!understood(state)) {
      tell(t('This page and the kernel have different versions of nnwidgets. Reload the page.'));
      return;
    }
    say(name, state.name);
    mark(name, 'title', state.name);
    mark(pill, 'data-status', state.status);
    say(pill, statusWord(state.status));
    spoken(state);
    say(line, facts(state));
    say(cost, state.cost === null ? '' : t('costs {share} of the time', { share: percent(state.cost) }));
    say(error, state.error ?? '');
    error.hidden = state.error === null;
    const fraction = state.fraction ?? (state.status === 'finished' ? 1 : 0);
    done.style.width = `${100 * fraction}%`;
    epoch.style.width = `${100 * withinEpoch(state)}%`;
    mark(bar, 'aria-valuenow', String(Math.round(100 * fraction)));
    mark(
      bar,
      'title',
      state.epoch_left === null ? null : t('{time} left in this epoch', { time: clock(state.epoch_left) }),
    );
    mark(el, 'data-frame', String(state.frame));
    steering.show(state);
    el.closest('.nnw-panel')?.setAttribute('data-status', state.status);
  };
  follow(model, ['state'], signal, showState);
  follow(model, ['options'], signal, () => options.show(model.get('options') as OptionsState));
  const frames = followFrames(model, ask, signal);
  const heard = (): void => {
    kernel = kernelOf(el);
    showState();
    if (kernel === 'live') frames.resume();
    else frames.rest();
  };

  // A double click on a chart shows all of it again.
  const frame = requestAnimationFrame(() => {
    const panel = el.closest('.nnw-panel');
    panel?.addEventListener(KERNEL, heard, { signal });
    panel?.addEventListener(
      'dblclick',
      (event) => {
        if ((event.target as Element).closest('.nnw-figure')) void command('reset');
      },
      { signal },
    );
  });
  signal.addEventListener('abort', () => cancelAnimationFrame(frame));
}

/** Have a new status spoken, once it lasts; what is over when the panel is opened is no news. */
function spokenStatus(el: HTMLElement, signal: AbortSignal): (state: HeadState) => void {
  let heard: string | null = null;
  let latest: HeadState | null = null;
  let due: ReturnType<typeof setTimeout> | undefined;
  const speak = (): void => {
    due = undefined;
    if (latest === null || latest.status === heard) return;
    heard = latest.status;
    const words = t('{name}: {status}', { name: latest.name, status: statusWord(latest.status) });
    announce(el, latest.error === null ? words : `${words}. ${latest.error}`);
  };
  signal.addEventListener('abort', () => clearTimeout(due));
  return (state) => {
    if (heard === null && !state.open) heard = state.status;
    latest = state;
    if (state.status !== heard) due ??= setTimeout(speak, LASTING);
  };
}
