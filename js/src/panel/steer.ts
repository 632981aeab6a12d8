// The buttons that steer: pause, single step, validation, stop, undo, snapshot; and their keys.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import type { HeadState } from './protocol';

type Steer = (control: string, value?: unknown) => Promise<unknown>;

/** Keys while the focus is in the panel, outside of fields that take text. */
const KEYS: Record<string, string> = {
  p: 'pause',
  n: 'step',
  e: 'evaluate',
  x: 'stop',
  u: 'undo',
  s: 'snapshot',
};

const SUPPRESS = 'data-lm-suppress-shortcuts';

export interface SteerButtons {
  group: HTMLElement;
  show(state: HeadState): void;
}

export function steerButtons(el: HTMLElement, steer: Steer, signal: AbortSignal): SteerButtons {
  const button = (control: string, text: string, title: string): HTMLButtonElement => {
    const key = Object.keys(KEYS).find((name) => KEYS[name] === control) ?? '';
    const made = element(
      'button',
      { type: 'button', class: 'nnw-button', title: `${title} (${key})`, 'aria-keyshortcuts': key },
      text,
    );
    made.addEventListener('click', () => act(control), { signal });
    return made;
  };
  const pause = button('pause', t('Pause'), t('Let the training stand still after this step'));
  const step = button('step', t('Step'), t('Make one training step and stand still'));
  const evaluate = button('evaluate', t('Evaluate now'), t('Run the validation once now'));
  const stop = button('stop', t('Stop'), t('End the loop after this step; the code after it runs'));
  const snapshot = button('snapshot', t('Snapshot'), t('Keep the state of this moment, to go back to'));
  const undo = button('undo', t('Undo'), t('Go back to the state before the last change'));
  const buttons: Record<string, HTMLButtonElement> = { pause, step, evaluate, stop, undo, snapshot };
  let paused = false;
  const act = (control: string): void => void steer(control === 'pause' && paused ? 'resume' : control);

  const frame = requestAnimationFrame(() => {
    const panel = el.closest<HTMLElement>('.nnw-panel');
    // JupyterLab would take a plain key for one of its own commands, such as deleting the cell. It looks from the element
    // that has the focus upwards, and finds that one before any around it.
    panel?.addEventListener('focusin', (event) => mark(event.target as Element, SUPPRESS, 'true'), {
      signal,
    });
    panel?.setAttribute(SUPPRESS, 'true');
    panel?.addEventListener(
      'keydown',
      (event) => {
        const control = KEYS[event.key];
        const target = event.target as HTMLElement;
        if (!control || event.ctrlKey || event.metaKey || event.altKey || takesText(target)) return;
        if (buttons[control]?.disabled) return;
        event.preventDefault();
        event.stopPropagation();
        act(control);
      },
      { signal },
    );
  });
  signal.addEventListener('abort', () => cancelAnimationFrame(frame));

  return {
    group: element(
      'span',
      { class: 'nnw-group nnw-steer', role: 'group', 'aria-label': t('Training') },
      pause,
      step,
      evaluate,
      stop,
      undo,
      snapshot,
    ),
    show(state) {
      paused = state.status === 'paused';
      say(pause, paused ? t('Resume') : t('Pause'));
      mark(
        pause,
        'title',
        `${paused ? t('Let the training go on') : t('Let the training stand still after this step')} (p)`,
      );
      mark(pause, 'data-paused', paused ? '' : null);
      for (const made of [pause, step, evaluate, stop, snapshot]) made.disabled = !state.open;
      undo.disabled = !state.open || state.undo === null;
      mark(
        undo,
        'title',
        state.undo === null
          ? t('There is nothing to undo')
          : `${t('Back to the state before: {change}', { change: state.undo })} (u)`,
      );
    },
  };
}

function takesText(target: HTMLElement): boolean {
  return target.matches('select, textarea, input:not([type=range]):not([type=checkbox])');
}
