// The quiet end: facts of the run, what could not be exported, and what the page was made with.
import { language, languages, t } from '../i18n';
import { element } from '../panel/dom';
import type { Playback } from './playback';
import { pick, said } from './words';

export function foot(playback: Playback, signal: AbortSignal): HTMLElement {
  const { lesson } = playback;
  const facts = element('dl', { class: 'nnw-replay-facts' });
  const about = element('details', { class: 'nnw-fold' }, element('summary', {}, t('About this run')), facts);
  const draw = (): void => {
    const { run } = playback.recording;
    const started = new Date(run.started);
    const when = Number.isNaN(started.getTime()) ? run.started : run.started.slice(0, 16).replace('T', ' ');
    const rows: [string, string][] = [
      ...run.facts.map(([label, value]): [string, string] => [said(label), value]),
      [t('started'), when],
    ];
    facts.replaceChildren(
      ...rows.flatMap(([label, value]) => [element('dt', {}, label), element('dd', {}, value)]),
    );
  };
  playback.on(['run'], signal, draw);
  draw();
  const left = lesson.left_out.map(({ name, reason }) =>
    element(
      'p',
      { class: 'nnw-notice', 'data-level': 'warning' },
      t('Left out: {name}. {reason}', { name, reason: said(reason) }),
    ),
  );
  const made = element('span', {}, t('made with nnwidgets {version}', { version: lesson.made_by }));
  const end = element('div', { class: 'nnw-replay-made' }, made);
  const picker = languagePicker(lesson.language, signal);
  if (picker) end.prepend(picker);
  return element('div', { class: 'nnw-foot' }, ...left, about, end);
}

/** A choice of the language, unless the lesson's author made it. */
function languagePicker(fixed: string | null, signal: AbortSignal): HTMLElement | null {
  const offered = languages();
  if (fixed !== null || offered.length < 2) return null;
  const picker = element(
    'select',
    { class: 'nnw-picker nnw-replay-language', 'aria-label': t('Language') },
    ...offered.map(([code, name]) => element('option', { value: code, lang: code }, name)),
  );
  picker.value = language();
  picker.addEventListener('change', () => pick(picker.value), { signal });
  return picker;
}
