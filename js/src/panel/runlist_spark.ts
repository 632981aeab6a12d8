// A run's loss as a curve of the size of a word.
import { mark } from './dom';
import type { DeskRow } from './protocol';
import { curveInWords } from './runlist_words';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 64;
const HEIGHT = 20;
/** Px that keep the line's ends inside the picture. */
const RIM = 2;

export interface Spark {
  el: SVGSVGElement;
  show(spark: DeskRow['spark'], of: DeskRow['spark_of']): void;
}

export function sparkline(): Spark {
  const el = document.createElementNS(SVG, 'svg');
  const title = document.createElementNS(SVG, 'title');
  const line = document.createElementNS(SVG, 'path');
  el.setAttribute('class', 'nnw-list-spark');
  el.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  el.setAttribute('role', 'img');
  el.append(title, line);
  return {
    el,
    show(spark, of) {
      const words = curveInWords(spark, of);
      el.toggleAttribute('hidden', words === '');
      mark(el, 'data-of', of);
      mark(el, 'aria-label', words);
      if (title.textContent !== words) title.textContent = words;
      mark(line, 'd', path(spark));
    },
  };
}

/** From the least to the greatest value over the whole height; a point between two gaps is a dot. */
export function path(spark: DeskRow['spark']): string {
  const values = spark.filter((value) => value !== null);
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const wide = (WIDTH - 2 * RIM) / Math.max(1, spark.length - 1);
  const x = (i: number): string => (spark.length === 1 ? WIDTH / 2 : RIM + i * wide).toFixed(1);
  const y = (value: number): string => {
    const share = range > 0 ? (value - low) / range : 0.5;
    return (HEIGHT - RIM - share * (HEIGHT - 2 * RIM)).toFixed(1);
  };
  let drawn = '';
  spark.forEach((value, i) => {
    if (value === null) return;
    const begins = i === 0 || spark[i - 1] === null;
    drawn += `${begins ? 'M' : 'L'}${x(i)} ${y(value)}`;
    if (begins && (spark[i + 1] ?? null) === null) drawn += 'm-1 0h2';
  });
  return drawn;
}
