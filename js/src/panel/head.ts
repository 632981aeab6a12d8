// The head of the panel: what is going on, how far it is, the tools and the tabs.
import { element, mark, say } from './dom';
import { exportMenu } from './export';
import { facts, withinEpoch } from './facts';
import { clock, percent } from './format';
import { followFrames } from './frames';
import { KERNEL, kernelOf, withoutKernel } from './kernel';
import { asker, follow, type Model } from './model';
import { optionsRow } from './options';
import { type HeadState, type OptionsState, understood } from './protocol';
import { steerButtons } from './steer';
import { tabs } from './tabs';

/** Milliseconds after which the person is told what an unanswered click waits for. */
const PATIENCE = 1500;
const WORDS: Record<string, string> = {
  pause: 'Pause',
  resume: 'Resume',
  step: 'Step',
  evaluate: 'Evaluation',
  stop: 'Stop',
  undo: 'Undo',
};

export function renderHead(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const name = element('span', { class: 'nnw-name' });
  const pill = element('span', { class: 'nnw-pill', role: 'status' });
  const line = element('span', { class: 'nnw-facts' });
  const cost = element('span', {
    class: 'nnw-cost',
    title: 'The share of the time that watching takes, at most',
  });
  const error = element('div', { class: 'nnw-error', hidden: true });
  const done = element('i');
  const epoch = element('b');
  const bar = element(
    'div',
    {
      class: 'nnw-bar',
      role: 'progressbar',
      'aria-label': 'Progress',
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    done,
    epoch,
  );
  const answer = element('div', { class: 'nnw-answer', role: 'alert', hidden: true });

  let pending = 0;
  const command = async (
    kind: string,
    value: unknown = null,
    meanwhile = 'The kernel is busy: this happens when the cell ends.',
  ): Promise<string | null> => {
    pending += 1;
    const patience = setTimeout(() => tell(meanwhile), PATIENCE);
    const reply = await ask(kind, value);
    clearTimeout(patience);
    pending -= 1;
    if (!reply.ok) tell(reply.error ?? 'That did not work.', 'refused');
    else if (pending === 0) tell('');
    return reply.data;
  };
  const tell = (text: string, kind: 'refused' | null = null): void => {
    say(answer, text);
    mark(answer, 'data-kind', kind);
    answer.hidden = text === '';
  };

  const steer = async (control: string, value: unknown = null): Promise<void> => {
    const said = await command(
      'control',
      { control, value },
      `${WORDS[control] ?? control} requested; it waits for the step that is going on.`,
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
  );

  let kernel = kernelOf(el);
  const showState = (): void => {
    const told = model.get('state') as HeadState;
    const state = kernel === 'live' ? told : withoutKernel(told, kernel);
    if (!understood(state)) {
      tell('This page and the kernel have different versions of nnwidgets. Reload the page.');
      return;
    }
    say(name, state.name);
    mark(name, 'title', state.name);
    mark(pill, 'data-status', state.status);
    say(pill, state.status);
    say(line, facts(state));
    say(cost, state.cost === null ? '' : `costs ${percent(state.cost)} of the time`);
    say(error, state.error ?? '');
    error.hidden = state.error === null;
    const fraction = state.fraction ?? (state.status === 'finished' ? 1 : 0);
    done.style.width = `${100 * fraction}%`;
    epoch.style.width = `${100 * withinEpoch(state)}%`;
    mark(bar, 'aria-valuenow', String(Math.round(100 * fraction)));
    mark(bar, 'title', state.epoch_left === null ? null : `${clock(state.epoch_left)} left in this epoch`);
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
