// The view of a graph: it joins the drawing, what is beside it, and what the person does.
import { t } from '../i18n';
import { element, say } from '../panel/dom';
import { compose } from './compose';
import { isGroup, keyOf, TOP } from './data';
import type { Engine } from './engine';
import { lineOf, openWords } from './facts';
import { listenToKeys } from './keys';
import { legend } from './legend';
import { type Look, onTheme, readLook, wideness } from './look';
import { atBeginning, held } from './moves';
import { Words } from './picture';
import { save } from './picture_file';
import { Pointing } from './pointing';
import { byPath, find } from './search';
import { searchField } from './search_field';
import { Shown } from './shown';
import { Side } from './side';
import { Stage } from './stage';
import type { Statistic, Statistics } from './statistics';
import { toolbar } from './toolbar';
import { next } from './walk';
import { setWide } from './words';

export interface Wishes {
  /** The person looks at another part, or at none; or at another statistic. */
  node(key: string | null, statistic: Statistic | null): void;
  tell(text: string): void;
}

export class Viewer {
  readonly el = element('div', { class: 'nnw-graph-main' });
  readonly tools: HTMLElement;
  readonly #stage: Stage;
  readonly #side: Side;
  readonly #pointing: Pointing;
  readonly #spoken = element('div', { class: 'nnw-spoken', 'aria-live': 'polite' });
  readonly #legend = legend();
  readonly #search;
  readonly #bar;
  #look: Look | null = null;
  #shown: Shown | null = null;
  #words: Words | null = null;
  #statistic: Statistic | null = null;
  #statistics: Statistics | null = null;
  #step: number | null = null;
  #changes: Record<string, string> = {};
  #turn = 0;

  constructor(
    readonly engine: Engine,
    readonly wishes: Wishes,
    readonly signal: AbortSignal,
  ) {
    const stage = new Stage(signal);
    this.#stage = stage;
    this.#side = new Side(
      {
        select: (part) => void this.reveal(part),
        toggle: (group) => void this.toggle(group),
        close: () => {
          this.select(TOP);
          stage.el.focus();
        },
      },
      signal,
    );
    this.#search = searchField(
      (text) => (this.#shown ? find(this.#shown.graph, this.#shown.tree, text) : []),
      (part) => void this.reveal(part, true),
      () => stage.el.focus(),
      signal,
    );
    this.#bar = toolbar(
      {
        fit: () => stage.fit(),
        zoom: (factor) => stage.zoom(factor),
        outline: (listed) => this.#side.list(listed, this.#shown),
        tint: (statistic) => this.#tint(statistic),
        save: (kind) => void this.#save(kind),
      },
      this.#search.el,
      this.#legend.el,
      signal,
    );
    this.tools = this.#bar.el;
    this.#pointing = new Pointing(
      stage,
      {
        shown: () => this.#shown,
        select: (part) => this.select(part),
        toggle: (part) => void this.toggle(part),
        reveal: (part) => void this.reveal(part, true),
        told: (part) => this.#told(part),
      },
      signal,
    );
    this.el.append(stage.el, this.#side.el, this.#spoken);
    listenToKeys(
      stage.el,
      {
        walk: (direction) =>
          this.#walk((shown, scene) => next(scene, shown.tree, shown.ways, shown.selected, direction)),
        toggle: () => void this.#enter(),
        deselect: () => this.select(TOP),
        fit: () => stage.fit(),
        zoom: (factor) => stage.zoom(factor),
        search: () => this.#search.focus(),
        first: (last) => this.#walk((shown) => shown.end(last)),
      },
      signal,
    );
    onTheme(signal, () => {
      this.#look = null;
      this.#draw();
    });
  }

  get shown(): Shown | null {
    return this.#shown;
  }

  /** Read and show a graph. Raises an Error for people where it cannot be; the graph before stays then. */
  async load(bytes: Uint8Array): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const wide = wideness(getComputedStyle(this.#stage.el).fontFamily);
    setWide(wide);
    const graph = await this.engine.load(bytes, wide);
    if (turn !== this.#turn || this.signal.aborted) return;
    const before = this.#shown;
    const made = await Shown.of(graph, before);
    if (turn !== this.#turn || this.signal.aborted) return;
    this.#shown = made;
    await this.#arrange();
    if (before === null) this.#stage.begin();
    this.#search.renew();
    this.#side.renew(this.#shown);
    this.#describe();
  }

  /** Take the numbers of a step, or none. */
  measure(statistics: Statistics | null): void {
    this.#statistics = statistics;
    this.#bar.offer(statistics !== null);
    this.#draw();
    this.#describe();
  }

  /** Take what differs from the graph before, and the step whose numbers are shown. */
  change(changes: Record<string, string>, step: number | null): void {
    const same = JSON.stringify(changes) === JSON.stringify(this.#changes);
    if (same && step === this.#step) return;
    this.#changes = changes;
    this.#step = step;
    this.#draw();
    this.#describe();
  }

  /** Select a part, or nothing. */
  select(part: number): void {
    const shown = this.#shown;
    if (!shown || shown.selected === part) return;
    shown.selected = part;
    this.#pointing.hide();
    this.#draw();
    this.#describe();
    this.#side.select(part);
    say(this.#spoken, part === TOP ? '' : this.#told(part));
    this.#wish();
  }

  /** Open what is around a part, bring it into sight and select it. */
  async reveal(part: number, centre = false): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    if (shown.openAround(part) || shown.place(part) < 0) await this.#arrange(part);
    this.select(part);
    const area = shown.area(part);
    if (area) this.#stage.reveal(area, centre);
  }

  revealPath(path: string): void {
    const part = this.#shown && byPath(this.#shown.graph, path);
    if (part != null) void this.reveal(part, true);
  }

  revealKey(key: string): void {
    const part = this.#shown?.part(key);
    if (part !== undefined) void this.reveal(part, true);
  }

  async toggle(part: number): Promise<void> {
    const shown = this.#shown;
    if (!shown || !isGroup(shown.graph, part)) return;
    const before = shown.area(part);
    shown.toggle(part);
    await this.#arrange();
    const after = shown.area(part);
    if (before && after) this.#stage.look(held(this.#stage.camera, before, after));
    const begun = atBeginning(shown, part, this.#stage.camera, this.#stage.view);
    if (begun) this.#stage.look(begun);
    this.#describe();
    say(this.#spoken, openWords(this.#told(part), shown.open.has(part)));
  }

  async #arrange(around: number | null = null): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    const scene = await this.engine.arrange([...shown.open], around).catch((error: Error) => {
      this.wishes.tell(error.message);
      return null;
    });
    if (!scene || shown !== this.#shown || this.signal.aborted) return;
    shown.drawn(scene);
    this.#words = new Words(shown.graph, scene);
    this.#pointing.hide();
    this.#draw();
  }

  #draw(): void {
    if (!this.#shown || !this.#words) return;
    this.#look ??= readLook(this.#stage.el);
    const made = compose({
      shown: this.#shown,
      words: this.#words,
      look: this.#look,
      statistic: this.#statistic,
      statistics: this.#statistics,
      changes: this.#changes,
    });
    if (!made) return;
    this.#legend.show(made.scale, this.#look.dark);
    this.#stage.show(made.picture);
  }

  #walk(where: (shown: Shown, scene: NonNullable<Shown['scene']>) => number): void {
    const shown = this.#shown;
    if (!shown?.scene) return;
    const part = where(shown, shown.scene);
    if (part < TOP) return;
    this.select(part);
    const area = shown.area(part);
    if (area) this.#stage.reveal(area);
  }

  async #enter(): Promise<void> {
    const part = this.#shown?.selected ?? TOP;
    if (part !== TOP) await this.toggle(part);
    const area = this.#shown?.area(part);
    if (area) this.#stage.reveal(area);
  }

  #told(part: number): string {
    const shown = this.#shown;
    if (!shown) return '';
    if (part < TOP) return t('Members that are not drawn: click to see them');
    const change = this.#changes[keyOf(shown.graph, part)];
    return lineOf(shown.graph, part) + (change ? ` · ${t('changed: {change}', { change })}` : '');
  }

  #describe(): void {
    const shown = this.#shown;
    if (!shown || shown.selected === TOP) {
      this.#side.tell(null);
      return;
    }
    this.#side.tell({
      tree: shown.tree,
      ways: shown.ways,
      part: shown.selected,
      isOpen: shown.open.has(shown.selected),
      statistics: this.#statistics,
      step: this.#step,
      change: this.#changes[keyOf(shown.graph, shown.selected)],
    });
  }

  #tint(statistic: Statistic | null): void {
    this.#statistic = statistic;
    this.#draw();
    this.#wish();
  }

  #wish(): void {
    const shown = this.#shown;
    if (!shown) return;
    this.wishes.node(shown.selected === TOP ? null : keyOf(shown.graph, shown.selected), this.#statistic);
  }

  async #save(kind: 'svg' | 'png'): Promise<void> {
    const { picture } = this.#stage;
    if (!picture) return;
    try {
      await save(picture, kind);
    } catch (error) {
      this.wishes.tell(t('The export failed: {reason}', { reason: String(error) }));
    }
  }
}
