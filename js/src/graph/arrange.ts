// Lays out what is open, from the innermost groups outwards, and makes a scene of it.
import { boxOf, HEADER, SMALL, TITLE } from './boxes';
import { inColumns } from './columns';
import { at, isGroup, TOP } from './data';
import { placeLarge } from './large';
import { type Level, type Levels, restOf } from './levels';
import { drawLinks } from './links';
import { type Placed, RETURN, type Task } from './placed';
import { type Scene, SceneMaker } from './scene';
import { placeSmall } from './small';
import { textWidth } from './words';

/** Boxes and links from which on dagre would take too long. */
const SMALL_BOXES = 300;
const SMALL_LINKS = 600;
const SIDE = 16;
const REMEMBERED = 400;

/** A group's content, laid out. */
export interface Content {
  level: Level;
  placed: Placed;
  /** Size of each box of the level. */
  widths: number[];
  heights: number[];
  /** Where the content begins inside the frame, and the frame's size. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Arranger {
  readonly #known = new Map<string, Placed>();

  constructor(readonly levels: Levels) {}

  /** Lay out the graph with these groups open; `rest` is called between groups, so that others have their turn. */
  async arrange(isOpen: (group: number) => boolean, rest?: () => Promise<void> | undefined): Promise<Scene> {
    const contents = new Map<number, Content>();
    for (const group of this.#openGroups(isOpen).reverse()) {
      contents.set(group, this.#content(group, contents));
      const pause = rest?.();
      if (pause) await pause;
    }
    return this.#scene(contents);
  }

  /** The open groups of which everything around is open too, each before those inside it; TOP is the first. */
  #openGroups(isOpen: (group: number) => boolean): number[] {
    const found = [TOP];
    for (let i = 0; i < found.length; i++) {
      for (const box of this.levels.of(found[i] as number).boxes) {
        if (isGroup(this.levels.tree.graph, box) && isOpen(box)) found.push(box);
      }
    }
    return found;
  }

  #content(group: number, inner: Map<number, Content>): Content {
    const level = this.levels.of(group);
    const widths: number[] = [];
    const heights: number[] = [];
    for (const box of level.boxes) {
      const size = inner.get(box) ?? boxOf(this.levels.tree.graph, box, (rest) => this.hidden(rest));
      widths.push(size.width);
      heights.push(size.height);
    }
    const placed = this.#placed(level, widths, heights, inner);
    const frame = group !== TOP;
    const back = placed.reversed.reduce((sum, one) => sum + one, 0);
    const y = !frame ? 0 : level.entries > 0 ? 18 : HEADER + 10;
    const below = !frame ? 0 : level.exits > 0 ? 4 : SIDE;
    const title = frame ? frameTitle(this.levels.tree.graph, group) : 0;
    const inside = placed.width + (back ? RETURN * (Math.min(back, 6) + 1) : 0);
    const width = Math.max(inside + (frame ? 2 * SIDE : 0), title);
    return {
      level,
      placed,
      widths,
      heights,
      x: (width - inside) / 2,
      y,
      width,
      height: y + placed.height + below,
    };
  }

  #placed(level: Level, widths: number[], heights: number[], inner: Map<number, Content>): Placed {
    const open = level.boxes.flatMap((box, i) =>
      inner.has(box) ? [`${box}=${widths[i]},${heights[i]}`] : [],
    );
    const name = `${level.group} ${level.boxes[0]} ${open.join()}`;
    const known = this.#known.get(name);
    if (known) return known;
    const ports = level.entries + level.exits;
    const task: Task = {
      count: level.boxes.length + ports,
      entries: level.entries,
      exits: level.exits,
      links: level.links,
      width: [...widths, ...new Array<number>(ports).fill(10)],
      height: [...heights, ...new Array<number>(ports).fill(0)],
    };
    const placed = inColumns(place(task), task);
    if (this.#known.size > REMEMBERED) this.#known.clear();
    this.#known.set(name, placed);
    return placed;
  }

  /** For how many members a box stands. */
  hidden(box: number): number {
    if (box >= TOP) return 0;
    const { group, after } = restOf(box);
    const [from, to] = this.levels.window(group);
    return after ? this.levels.tree.members(group).length - to : from;
  }

  #scene(contents: Map<number, Content>): Scene {
    const maker = new SceneMaker();
    const top = contents.get(TOP) as Content;
    const waiting = [{ content: top, x: 0, y: 0, frame: -1 }];
    for (let i = 0; i < waiting.length; i++) {
      const { content, x, y, frame } = waiting[i] as (typeof waiting)[number];
      const { level, placed } = content;
      const [left, upper] = [x + content.x, y + content.y];
      const places = level.boxes.map((part, box) => {
        const [width, height] = [content.widths[box] as number, content.heights[box] as number];
        const boxX = left + at(placed.x, box) - width / 2;
        const boxY = upper + at(placed.y, box) - height / 2;
        const inside = contents.get(part);
        const place = maker.box(part, boxX, boxY, width, height, inside !== undefined, this.hidden(part));
        if (inside) waiting.push({ content: inside, x: boxX, y: boxY, frame: place });
        return place;
      });
      drawLinks(maker, this.levels.tree.graph, content, contents, places, frame, left, upper);
    }
    return maker.done(top.width, top.height);
  }
}

function place(task: Task): Placed {
  if (task.count <= SMALL_BOXES && task.links.length <= SMALL_LINKS) {
    try {
      return placeSmall(task);
    } catch {
      // Too deep for dagre's recursion, or a shape that it cannot place: ours takes everything.
    }
  }
  return placeLarge(task);
}

function frameTitle(graph: Levels['tree']['graph'], group: number): number {
  const { title, sub, repeat } = boxOf(graph, group, () => 0);
  const words = textWidth(title, TITLE, true) + textWidth(sub, SMALL);
  return Math.min(420, 62 + words + (repeat > 1 ? 48 : 0));
}
