// What stands on the curves of a chart, and appears with the playback: the best point, changes, a flag.
import { t } from '../i18n';
import type { Range } from './domain';
import { beside, type Geometry, MARGIN } from './geometry';
import type { LessonFlag } from './protocol';
import type { Recording, Series } from './recording';
import { svg } from './svg';
import { number } from './ticks';
import { said } from './words';

/** A part of the picture that knows how it looks at a step. */
export interface Mark {
  el: SVGElement;
  at(step: number): void;
}

/** Changes that are marked, at most; all of them stand in the list of events. */
const CHANGES = 16;
/** Px between two rows of words. */
const ROW = 15;

export interface Ground {
  recording: Recording;
  geometry: Geometry;
  place(step: number): number;
}

/** The best validation until now: a diamond and its value. */
export function bestMark(ground: Ground, val: Series): Mark {
  const { geometry } = ground;
  const diamond = svg('path', { class: 'nnw-c-best', d: 'M0-9L5.2 0L0 9L-5.2 0Z' });
  const label = svg('text', { class: 'nnw-c-bestname' });
  const el = svg('g', {}, diamond, label);
  let known: number | undefined;
  return {
    el,
    at(step) {
      const best = val.known(step) > 1 ? val.bestAt(step) : null;
      const drawn = best !== null && !(geometry.log && best.value <= 0);
      el.style.display = drawn ? '' : 'none';
      if (!drawn || best.step === known) return;
      known = best.step;
      const axis = geometry.axis === 'time' ? best.time : ground.recording.along(geometry.axis, best.step);
      const [x, y] = [geometry.toX(axis), geometry.toY(best.value)];
      el.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      const left = axis - geometry.x[0] < 0.4 * (geometry.x[1] - geometry.x[0]);
      const deep = geometry.share(best.value) < 0.2;
      label.setAttribute('text-anchor', left ? 'start' : 'end');
      label.setAttribute('x', String(left ? 6 : -8));
      label.setAttribute('y', String(deep ? -14 : 24));
      label.textContent = t('best {value}', { value: number(best.value) });
    },
  };
}

/** Dotted lines where the training was changed, with what was done. */
export function changeMarks(ground: Ground): Mark {
  const { geometry, recording } = ground;
  const shown = recording.changes.slice(-CHANGES);
  const labels = shown.map((one): [number, string] => [
    ground.place(one.step ?? 0),
    said(one.short ?? one.text),
  ]);
  const places = beside(labels, geometry);
  const groups = shown.map((one, i) => {
    const [x, text] = labels[i] as [number, string];
    const group = svg(
      'g',
      { transform: `translate(${x.toFixed(1)} 0)` },
      svg(
        'path',
        { class: 'nnw-c-change', d: `M0 ${MARGIN.top}V${geometry.bottom}` },
        svg('title', {}, said(one.text)),
      ),
    );
    const where = places[i];
    if (where) {
      const right = where.side === 'right';
      group.append(
        svg(
          'text',
          {
            class: 'nnw-c-changename',
            x: right ? 4 : -4,
            y: MARGIN.top + 11 + ROW * where.row,
            'text-anchor': right ? 'start' : 'end',
          },
          text,
        ),
      );
    }
    return { group, step: one.step ?? 0 };
  });
  return {
    el: svg('g', {}, ...groups.map(({ group }) => group)),
    at(step) {
      for (const one of groups) one.group.style.display = one.step <= step ? '' : 'none';
    },
  };
}

/** A flag: the region from its onset, which belongs under the curves, and a point with words, which stand on them. */
export function onsetMarks(ground: Ground, val: Series): { region: Mark; point: Mark } {
  const { geometry, recording } = ground;
  const { flags } = recording.run;
  const rect = svg('rect', { class: 'nnw-c-region', y: MARGIN.top, height: geometry.bottom - MARGIN.top });
  const dot = svg('circle', { class: 'nnw-c-onset', r: 4.7 });
  const label = svg('text', { class: 'nnw-c-onsetname' });
  const group = svg('g', {}, dot, label);
  const top = MARGIN.top + 12 + (recording.changes.length > 0 ? 4 * ROW : 0);

  const raisedOf = (flag: LessonFlag): LessonFlag | undefined =>
    flag.level === 'raised'
      ? flag
      : flags
          .slice(0, flags.indexOf(flag))
          .filter((one) => one.level === 'raised')
          .at(-1);
  const stretch = (flag: LessonFlag, raised: LessonFlag): Range => [
    ground.place(raised.onset ?? raised.step),
    ground.place(flag === raised ? recording.end : flag.step),
  ];
  const words = (raised: LessonFlag): string => {
    const value = val.at(raised.step);
    if (value !== undefined && !Number.isFinite(value)) return t('no number since here');
    return val.facts.more_is_better ? t('falls since here') : t('rises since here');
  };
  let drawn: LessonFlag | null | undefined;
  const draw = (step: number): void => {
    const flag = recording.flagAt(step);
    if (flag === drawn) return;
    drawn = flag;
    const raised = flag && raisedOf(flag);
    rect.style.display = group.style.display = raised ? '' : 'none';
    if (!flag || !raised) return;
    const stands = flag === raised;
    const [begin, end] = stretch(flag, raised);
    for (const one of [rect, group]) one.setAttribute('data-stands', String(stands));
    rect.setAttribute('x', begin.toFixed(1));
    rect.setAttribute('width', Math.max(0, end - begin).toFixed(1));
    const onset = raised.onset ?? raised.step;
    const value = val.at(onset);
    const y = value === undefined ? Number.NaN : geometry.toY(value);
    // Where the rise begins at the best itself, the diamond is there.
    dot.style.display = Number.isFinite(y) && onset !== raised.best_step ? '' : 'none';
    dot.setAttribute('cx', begin.toFixed(1));
    if (Number.isFinite(y)) dot.setAttribute('cy', y.toFixed(1));
    const left = begin > geometry.toX(geometry.x[0] + 0.7 * (geometry.x[1] - geometry.x[0]));
    label.setAttribute('x', (begin + (left ? -5 : 5)).toFixed(1));
    label.setAttribute('y', String(top));
    label.setAttribute('text-anchor', left ? 'end' : 'start');
    label.textContent = stands ? words(raised) : '';
  };
  return { region: { el: rect, at: draw }, point: { el: group, at: draw } };
}
