// The switches: each leads to another run that was recorded. Without any, several runs are offered by their names.
import { t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import type { Playback } from './playback';
import type { LessonSwitch } from './protocol';
import { unique } from './unique';
import { nameOf, said } from './words';

export function switches(playback: Playback, signal: AbortSignal): HTMLElement {
  const { lesson } = playback;
  const el = element('div', { class: 'nnw-replay-switches' });
  if (lesson.switches.length > 0) el.append(...lesson.switches.map((one) => radios(playback, one, signal)));
  else if (lesson.runs.length > 1) el.append(runPicker(playback, signal));
  el.hidden = el.children.length === 0;
  return el;
}

function radios(playback: Playback, one: LessonSwitch, signal: AbortSignal): HTMLElement {
  const name = unique();
  const label = said(one.label) || one.name;
  const why = element(
    'span',
    { class: 'nnw-spoken', id: `${name}-why` },
    t('This combination was not recorded.'),
  );
  const made = one.values.map((value) => {
    const input = element('input', { type: 'radio', name, value });
    input.addEventListener(
      'change',
      () => {
        const run = playback.choice.turned(playback.shown, one.name, value);
        if (run !== null) playback.show(run);
      },
      { signal },
    );
    return {
      value,
      input,
      label: element('label', { class: 'nnw-replay-choice' }, input, element('span', {}, value)),
    };
  });
  const show = (): void => {
    const chosen = playback.choice.of(playback.shown)[one.name];
    for (const { value, input, label: around } of made) {
      const missing = playback.choice.turned(playback.shown, one.name, value) === null;
      input.checked = value === chosen;
      input.disabled = missing;
      mark(around, 'title', missing ? t('This combination was not recorded.') : null);
      mark(input, 'aria-describedby', missing ? why.id : null);
    }
  };
  playback.on(['run'], signal, show);
  show();
  return element(
    'fieldset',
    { class: 'nnw-replay-switch' },
    element('legend', {}, label),
    element('span', { class: 'nnw-replay-choices' }, ...made.map((entry) => entry.label)),
    why,
  );
}

function runPicker(playback: Playback, signal: AbortSignal): HTMLElement {
  const { lesson } = playback;
  const picker = element(
    'select',
    { class: 'nnw-picker' },
    ...lesson.runs.map((run, i) => element('option', { value: i }, nameOf(run, lesson))),
  );
  picker.addEventListener('change', () => playback.show(Number(picker.value)), { signal });
  const note = element('span', { class: 'nnw-replay-beside' });
  const show = (): void => {
    picker.value = String(playback.shown);
    const { ghost } = playback;
    say(note, ghost ? t('beside {run}', { run: nameOf(ghost.run, lesson) }) : '');
  };
  playback.on(['run'], signal, show);
  show();
  return element('label', { class: 'nnw-replay-switch' }, element('span', {}, t('Run')), picker, note);
}
