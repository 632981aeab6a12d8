// Everything that a painter needs to draw: the scene, the words, and how each box and link is marked.
import { type Box, boxOf } from './boxes';
import { type Graph, groupOf, nodeOf } from './data';
import { jobOf, type Look } from './look';
import type { Scene } from './scene';

/** How a box is tinted by a statistic: a colour, "hatched" where there is no value, or null for as it is. */
export type Tint = string | 'hatched' | null;

export interface Picture {
  graph: Graph;
  scene: Scene;
  look: Look;
  words: Words;
  /** By place in the scene. */
  tints: readonly Tint[] | null;
  /** Which boxes and links belong to what is selected; null where nothing is. */
  lit: { boxes: Uint8Array; links: Uint8Array } | null;
  selected: number;
  hovered: number;
  changed: ReadonlySet<number>;
}

/** The words of each box, made when they are first drawn. */
export class Words {
  readonly #boxes: (Box | undefined)[] = [];
  readonly #jobs: (ReturnType<typeof jobOf> | undefined)[] = [];

  constructor(
    readonly graph: Graph,
    readonly scene: Scene,
  ) {}

  box(place: number): Box {
    const known = this.#boxes[place];
    if (known) return known;
    const made = boxOf(this.graph, this.part(place), () => this.scene.hidden[place] ?? 0);
    this.#boxes[place] = made;
    return made;
  }

  part(place: number): number {
    return this.scene.parts[place] as number;
  }

  /** What the box does, for the colour of its mark. */
  job(place: number): ReturnType<typeof jobOf> {
    const known = this.#jobs[place];
    if (known) return known;
    const part = this.part(place);
    const made = jobOf(nodeOf(this.graph, part)?.op ?? groupOf(this.graph, part)?.type ?? '');
    this.#jobs[place] = made;
    return made;
  }
}
