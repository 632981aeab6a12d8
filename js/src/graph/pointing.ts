// What the pointer does on the drawing: it selects, opens and closes, and has a word about what is under it.
import { t } from '../i18n';
import { element, mark, say } from '../panel/dom';
import { isGroup, TOP } from './data';
import { linkWords } from './facts';
import { boxAt, linkAt, onHeader, onMark } from './hit';
import { listenTo } from './input';
import { restOf } from './levels';
import type { Scene } from './scene';
import type { Shown } from './shown';
import type { Stage } from './stage';

/** Ms for which the hint stands. */
const HINTED = 1600;

export interface PointingActs {
  shown(): Shown | null;
  select(part: number): void;
  toggle(part: number): void;
  /** Draw a part that its level leaves out. */
  reveal(part: number): void;
  told(part: number): string;
}

export class Pointing {
  readonly #tip = element('div', { class: 'nnw-graph-tip', hidden: true });
  readonly #hint = element(
    'div',
    { class: 'nnw-graph-hint', hidden: true },
    t('Click the drawing, or hold Ctrl, to zoom with the wheel'),
  );
  #hinting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly stage: Stage,
    readonly acts: PointingActs,
    signal: AbortSignal,
  ) {
    stage.el.append(this.#hint, this.#tip);
    listenTo(
      stage,
      {
        click: (event, double) => this.#click(event, double),
        hover: (event) => this.#hover(event),
        passed: () => this.#advise(),
      },
      signal,
    );
    signal.addEventListener('abort', () => clearTimeout(this.#hinting));
  }

  /** Say nothing more about what was under the pointer: the drawing has changed. */
  hide(): void {
    this.#tip.hidden = true;
  }

  #click(event: PointerEvent, double: boolean): void {
    const shown = this.acts.shown();
    if (!shown?.scene) return;
    const [x, y] = this.stage.at(event);
    const place = boxAt(shown.scene, x, y);
    const part = place < 0 ? TOP : (shown.scene.parts[place] ?? TOP);
    if (part < TOP) {
      this.#more(shown, shown.scene, part);
      return;
    }
    const slack = (event.pointerType === 'touch' ? 12 : 4) / Math.min(1, this.stage.camera.scale);
    if (isGroup(shown.graph, part) && (double || onMark(shown.scene, place, x, y, slack))) {
      this.acts.toggle(part);
      return;
    }
    const open = place >= 0 && shown.scene.open[place] === 1;
    this.acts.select(open && !onHeader(shown.scene, place, y) ? TOP : part);
  }

  /** Draw the members that a box stands for. */
  #more(shown: Shown, scene: Scene, box: number): void {
    const { group, after } = restOf(box);
    const members = shown.tree.members(group);
    const places = Array.from(scene.parts)
      .filter((part) => part >= 0 && shown.tree.parent[part] === group)
      .map((part) => shown.tree.place[part] as number);
    const edge = after
      ? places.reduce((a, b) => Math.max(a, b)) + 1
      : places.reduce((a, b) => Math.min(a, b)) - 1;
    const part = members[edge];
    if (part !== undefined) this.acts.reveal(part);
  }

  #hover(event: PointerEvent | null): void {
    const { stage } = this;
    const shown = this.acts.shown();
    if (!shown?.scene || event?.pointerType === 'touch') return;
    const [x, y] = event ? stage.at(event) : [0, 0];
    const place = event ? boxAt(shown.scene, x, y) : -1;
    const frame = place >= 0 && shown.scene.open[place] === 1;
    const hovered = place >= 0 && (!frame || onHeader(shown.scene, place, y)) ? place : -1;
    const link = event && hovered < 0 ? linkAt(shown.scene, x, y, 5 / stage.camera.scale) : -1;
    const words =
      link >= 0
        ? wordsOf(shown, shown.scene, link)
        : hovered >= 0
          ? this.acts.told(shown.scene.parts[hovered] ?? TOP)
          : '';
    if (event) this.#tell(words, event);
    else this.hide();
    mark(stage.el, 'data-over', words ? '' : null);
    if (stage.picture && hovered !== stage.picture.hovered) stage.show({ ...stage.picture, hovered });
  }

  #tell(words: string, event: PointerEvent): void {
    this.#tip.hidden = words === '';
    say(this.#tip, words);
    const [left, top] = this.stage.within(event);
    const { width, height } = this.stage.view;
    const [wide, high] = [this.#tip.offsetWidth, this.#tip.offsetHeight];
    this.#tip.style.left = `${Math.max(4, Math.min(left + 12, width - wide - 8))}px`;
    this.#tip.style.top = `${top + 20 + high > height ? Math.max(4, top - high - 10) : top + 16}px`;
  }

  #advise(): void {
    this.#hint.hidden = false;
    clearTimeout(this.#hinting);
    this.#hinting = setTimeout(() => {
      this.#hint.hidden = true;
    }, HINTED);
  }
}

function wordsOf(shown: Shown, { edges, edgeStarts }: Scene, link: number): string {
  return linkWords(shown.graph, edges.subarray(edgeStarts[link], edgeStarts[link + 1]));
}
