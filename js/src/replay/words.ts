// The language of a player, and texts that come in several.
import { language, t, useLanguage } from '../i18n';
import { readers } from '../i18n/reader';
import { clock, count } from '../panel/format';
import type { Lesson, LessonRun, Text } from './protocol';
import type { Recording } from './recording';

/** A text of the lesson in the language in force, else in English, else as it is. */
export function said(text: Text | null | undefined): string {
  if (text == null) return '';
  if (typeof text === 'string') return text;
  return text[language()] ?? text.en ?? Object.values(text)[0] ?? '';
}

/** What a reader picked in one of the players of this module: they speak one language. */
let picked: string | null = null;

/** Speak the author's language, else the one that was picked, else that of the page around or of its reader. */
export function settle(fixed: string | null): void {
  useLanguage(fixed, picked, ...readers());
}

export function pick(code: string): void {
  picked = code;
  useLanguage(code);
}

/** How many steps are done: a step whose values are still to come is not counted. */
export function done(step: number): number {
  return Math.floor(step + 1e-6);
}

/** Where a step is, for people who hear it: "epoch 7, step 200". */
export function place(recording: Recording, step: number): string {
  const at = t('step {step}', { step: count(done(step)) });
  if (!recording.epochs.known) return at;
  return t('epoch {epoch}, {at}', { epoch: epochNumber(recording, step), at });
}

/** The facts at a step, as the head of the panel writes them. */
export function factsAt(recording: Recording, step: number): string {
  const { run, end } = recording;
  const parts: string[] = [];
  if (recording.epochs.known) {
    const planned = run.planned_epochs ?? Math.floor(recording.epochs.at(end) + 1e-6);
    const epoch = epochNumber(recording, step);
    parts.push(
      planned > 0
        ? t('epoch {epoch} / {epochs}', { epoch, epochs: count(planned) })
        : t('epoch {epoch}', { epoch }),
    );
  }
  parts.push(t('step {step}', { step: count(done(step)) }));
  parts.push(clock(recording.timeAt(step)));
  // A line breaks between two facts, never inside one.
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(' · ');
}

/** The epoch that is going on, counted from 1; the number of those completed at the end. */
function epochNumber(recording: Recording, step: number): string {
  const epoch = recording.epochs.at(step);
  if (step >= recording.end) return count(Math.max(1, Math.floor(epoch + 1e-6)));
  return count(Math.floor(epoch + 1e-6) + 1);
}

/** How people call a run: by what the switches chose, beside another run by where they differ; else by its name. */
export function nameOf(run: LessonRun, lesson: Lesson, other?: LessonRun): string {
  const chosen = lesson.switches
    .filter(({ name }) => run.choice[name] !== other?.choice[name])
    .map(({ name, label }) => `${said(label) || name} ${run.choice[name] ?? '?'}`);
  return chosen.join(', ') || run.name || t('run');
}
