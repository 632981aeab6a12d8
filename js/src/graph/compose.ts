// Puts together what is drawn: the scene, the tint of the statistic, what is selected and what changed.
import { TOP } from './data';
import type { Look } from './look';
import type { Picture, Words } from './picture';
import { litBy } from './reach';
import type { Shown } from './shown';
import type { Statistic, Statistics } from './statistics';
import { type Scale, scaleOf, tintsOf } from './tint';

export interface Ingredients {
  shown: Shown;
  words: Words;
  look: Look;
  statistic: Statistic | null;
  statistics: Statistics | null;
  changes: Record<string, string>;
}

/** Return the picture and the scale of its tints; null where nothing is laid out yet. */
export function compose(from: Ingredients): { picture: Picture; scale: Scale | null } | null {
  const { shown, words, look, statistic, statistics } = from;
  const { graph, tree, scene, selected } = shown;
  if (!scene) return null;
  const scale = statistic && statistics ? scaleOf(graph, statistics, statistic) : null;
  const changed = Object.keys(from.changes).map((key) => shown.place(shown.part(key) ?? TOP));
  const picture: Picture = {
    graph,
    scene,
    look,
    words,
    tints: scale && statistics ? tintsOf(graph, tree, scene, statistics, scale, look.dark) : null,
    lit: selected === TOP ? null : litBy(selected, shown.ways, tree, scene),
    selected: selected === TOP ? -1 : shown.place(selected),
    hovered: -1,
    changed: new Set(changed.filter((place) => place >= 0)),
  };
  return { picture, scale };
}
