// The view of a graph: it joins the drawing, what is beside it, and what the person does.
import { element, mark, say } from '../panel/dom';
import { fileName } from '../panel/format';
import { isGroup, keyOf, TOP } from './data';
import { details } from './details';
import type { Engine } from './engine';
import { lineOf, linkWords } from './facts';
import { boxAt, linkAt, onHeader, onMark } from './hit';
import { listenTo } from './input';
import { listenToKeys } from './keys';
import { legend } from './legend';
import { restOf } from './levels';
import { type Look, onTheme, readLook, wideness } from './look';
import { outline } from './outline';
import { type Picture, Words } from './picture';
import { download, pngBlob, svgBlob } from './picture_file';
import { litBy } from './reach';
import { byPath, find } from './search';
import { searchField } from './search_field';
import { Shown } from './shown';
import { Stage } from './stage';
import type { Statistic, Statistics } from './statistics';
import { scaleOf, tintsOf } from './tint';
import { toolbar } from './toolbar';
import { next } from './walk';
import { setWide } from './words';

const HINT = 'Click the drawing, or hold Ctrl, to zoom with the wheel';

export interface Wishes {
  /** The person looks at another part, or at none; or at another statistic. */
  node(key: string | null, statistic: Statistic | null): void;
  tell(text: string): void;
}

export class Viewer {
  readonly el = element('div', { class: 'nnw-graph-main' });
  readonly tools: HTMLElement;
  readonly #stage: Stage;
  readonly #side = element('aside', { class: 'nnw-graph-side', 'aria-label': 'Details', hidden: true });
  readonly #spoken = element('div', { class: 'nnw-spoken', 'aria-live': 'polite' });
  readonly #tip = element('div', { class: 'nnw-graph-tip', hidden: true });
  readonly #hint = element('div', { class: 'nnw-graph-hint', hidden: true }, HINT);
  readonly #legend = legend();
  readonly #outline;
  readonly #search;
  readonly #bar;
  #look: Look | null = null;
  #shown: Shown | null = null;
  #words: Words | null = null;
  #hovered = -1;
  #statistic: Statistic | null = null;
  #statistics: Statistics | null = null;
  #step: number | null = null;
  #changes: Record<string, string> = {};
  #turn = 0;
  #listed = false;
  #hinting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly engine: Engine,
    readonly wishes: Wishes,
    readonly signal: AbortSignal,
  ) {
    const stage = new Stage(signal);
    this.#stage = stage;
    mark(stage.el, 'role', 'application');
    mark(stage.el, 'aria-roledescription', 'graph');
    mark(
      stage.el,
      'aria-label',
      'Computation graph. Arrow keys follow the edges, Enter opens and closes, / searches.',
    );
    this.#outline = outline((part) => void this.reveal(part), signal);
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
        outline: (shown) => this.#list(shown),
        tint: (statistic) => this.#tint(statistic),
        save: (kind) => void this.#save(kind),
      },
      this.#search.el,
      this.#legend.el,
      signal,
    );
    this.tools = this.#bar.el;
    stage.el.append(this.#hint, this.#tip);
    this.el.append(stage.el, this.#side, this.#spoken);
    listenTo(
      stage,
      {
        click: (event, double) => this.#click(event, double),
        hover: (event) => this.#hover(event),
        passed: () => this.#advise(),
      },
      signal,
    );
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
    signal.addEventListener('abort', () => clearTimeout(this.#hinting));
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
    this.#shown = new Shown(graph, before);
    await this.#arrange();
    if (before === null) this.#stage.begin();
    this.#search.renew();
    if (this.#listed) this.#outline.show(this.#shown.tree);
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
    this.#draw();
    this.#describe();
    this.#outline.select(part);
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
    const { camera } = this.#stage;
    // What was clicked stays under the pointer.
    if (before && after) {
      this.#stage.look({
        ...camera,
        x: camera.x + (before[0] - after[0]) * camera.scale,
        y: camera.y + (before[1] - after[1]) * camera.scale,
      });
    }
    this.#describe();
    say(this.#spoken, `${this.#told(part)}, ${shown.open.has(part) ? 'open' : 'closed'}`);
  }

  async #arrange(around: number | null = null): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    const scene = await this.engine.arrange([...shown.open], around);
    if (shown !== this.#shown || this.signal.aborted) return;
    shown.drawn(scene);
    this.#words = new Words(shown.graph, scene);
    this.#hovered = -1;
    this.#draw();
  }

  #draw(): void {
    const shown = this.#shown;
    if (!shown?.scene || !this.#words) return;
    this.#look ??= readLook(this.#stage.el);
    const { graph, tree, scene, selected } = shown;
    const statistics = this.#statistics;
    const scale = this.#statistic && statistics ? scaleOf(graph, statistics, this.#statistic) : null;
    const { dark } = this.#look;
    const changed = Object.keys(this.#changes).map((key) => shown.place(shown.part(key) ?? TOP));
    const picture: Picture = {
      graph,
      scene,
      look: this.#look,
      words: this.#words,
      tints: scale && statistics ? tintsOf(graph, tree, scene, statistics, scale, dark) : null,
      lit: selected === TOP ? null : litBy(selected, shown.ways, tree, scene),
      selected: selected === TOP ? -1 : shown.place(selected),
      hovered: this.#hovered,
      changed: new Set(changed.filter((place) => place >= 0)),
    };
    this.#legend.show(scale, dark);
    this.#stage.show(picture);
  }

  #click(event: PointerEvent, double: boolean): void {
    const shown = this.#shown;
    if (!shown?.scene) return;
    const [x, y] = this.#stage.at(event);
    const place = boxAt(shown.scene, x, y);
    const part = place < 0 ? TOP : (shown.scene.parts[place] ?? TOP);
    if (part < TOP) {
      this.#more(part);
      return;
    }
    const slack = (event.pointerType === 'touch' ? 12 : 4) / Math.min(1, this.#stage.camera.scale);
    if (isGroup(shown.graph, part) && (double || onMark(shown.scene, place, x, y, slack))) {
      void this.toggle(part);
      return;
    }
    const open = place >= 0 && shown.scene.open[place] === 1;
    this.select(open && !onHeader(shown.scene, place, y) ? TOP : part);
  }

  /** Draw the members that a box stands for. */
  #more(box: number): void {
    const shown = this.#shown;
    if (!shown?.scene) return;
    const { group, after } = restOf(box);
    const members = shown.tree.members(group);
    const places = Array.from(shown.scene.parts, (part) => members.indexOf(part)).filter(
      (place) => place >= 0,
    );
    const edge = after ? Math.max(...places) + 1 : Math.min(...places) - 1;
    const part = members[edge];
    if (part !== undefined) void this.reveal(part, true);
  }

  #hover(event: PointerEvent | null): void {
    const shown = this.#shown;
    if (!shown?.scene || event?.pointerType === 'touch') return;
    const [x, y] = event ? this.#stage.at(event) : [0, 0];
    const place = event ? boxAt(shown.scene, x, y) : -1;
    const frame = place >= 0 && shown.scene.open[place] === 1;
    const hovered = place >= 0 && (!frame || onHeader(shown.scene, place, y)) ? place : -1;
    const link = event && hovered < 0 ? linkAt(shown.scene, x, y, 5 / this.#stage.camera.scale) : -1;
    let words = '';
    if (link >= 0) {
      const { edges, edgeStarts } = shown.scene;
      words = linkWords(shown.graph, edges.subarray(edgeStarts[link], edgeStarts[link + 1]));
    } else if (hovered >= 0) words = this.#told(shown.scene.parts[hovered] ?? TOP);
    this.#tip.hidden = words === '';
    if (event && words) {
      say(this.#tip, words);
      const [left, top] = this.#stage.within(event);
      const { width } = this.#stage.view;
      this.#tip.style.left = `${Math.max(4, Math.min(left + 12, width - this.#tip.offsetWidth - 8))}px`;
      this.#tip.style.top = `${top + 16}px`;
    }
    mark(this.#stage.el, 'data-over', hovered >= 0 || link >= 0 ? '' : null);
    if (hovered === this.#hovered || !this.#stage.picture) return;
    this.#hovered = hovered;
    this.#stage.show({ ...this.#stage.picture, hovered });
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
    if (part < TOP) return 'Members that are not drawn: click to see them';
    const change = this.#changes[keyOf(shown.graph, part)];
    return lineOf(shown.graph, part) + (change ? ` · changed: ${change}` : '');
  }

  #describe(): void {
    const shown = this.#shown;
    const part = shown?.selected ?? TOP;
    const parts: HTMLElement[] = [];
    if (shown && part !== TOP) {
      const about = {
        tree: shown.tree,
        ways: shown.ways,
        part,
        isOpen: shown.open.has(part),
        statistics: this.#statistics,
        step: this.#step,
        change: this.#changes[keyOf(shown.graph, part)],
      };
      const acts = {
        select: (other: number) => void this.reveal(other),
        toggle: (group: number) => void this.toggle(group),
        close: () => {
          this.select(TOP);
          this.#stage.el.focus();
        },
      };
      parts.push(details(about, acts, this.signal));
    }
    if (this.#listed) parts.unshift(this.#outline.el);
    this.#side.replaceChildren(...parts);
    this.#side.hidden = parts.length === 0;
  }

  #list(shown: boolean): void {
    this.#listed = shown;
    if (shown && this.#shown) this.#outline.show(this.#shown.tree);
    this.#describe();
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

  #advise(): void {
    this.#hint.hidden = false;
    clearTimeout(this.#hinting);
    this.#hinting = setTimeout(() => {
      this.#hint.hidden = true;
    }, 1600);
  }

  async #save(kind: 'svg' | 'png'): Promise<void> {
    const { picture } = this.#stage;
    if (!picture) return;
    try {
      const blob = kind === 'svg' ? svgBlob(picture) : await pngBlob(picture);
      download(blob, `${fileName(picture.graph.groups[0]?.name ?? 'graph')}.${kind}`);
    } catch (error) {
      this.wishes.tell(`The export failed: ${String(error)}`);
    }
  }
}
