import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { COMPARISON_MIME, type ComparisonPayload, readComparison } from './payload';
import { dataUri, labelOf, themed } from './still';
import type { Theme } from './theme';

/** JupyterLab sets cells at the right, and a long name would take all the width. */
const CELL = {
  textAlign: 'left',
  verticalAlign: 'top',
  minWidth: '7em',
  maxWidth: '22em',
  overflowWrap: 'anywhere',
} as const;

/** Two runs side by side: their curves as a picture in the theme of the application, a table and a sentence. */
export class ComparisonOutput extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly theme: Theme) {
    super();
    // JupyterLab's own rules for tables, with its colours.
    this.addClass('jp-RenderedHTMLCommon');
    this.addClass('nnw-comparison');
    Object.assign(this.image.style, { display: 'block', maxWidth: '100%' });
    theme.onChange(() => this.drawPicture(), this.ending.signal);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.payload = readComparison(model.data[COMPARISON_MIME]);
    const { payload } = this;
    this.node.replaceChildren();
    if (payload === null) return;
    this.drawPicture();
    this.node.append(this.image, scrolling(tableOf(payload)), element('p', payload.text));
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.ending.abort();
    super.dispose();
  }

  private drawPicture(): void {
    if (this.payload === null) return;
    this.image.alt = labelOf(this.payload.still);
    this.image.src = dataUri(themed(this.payload.still, this.theme.isDark()));
  }

  private readonly ending = new AbortController();
  private readonly image = document.createElement('img');
  private payload: ComparisonPayload | null = null;
}

function tableOf({ rows, names }: ComparisonPayload): HTMLTableElement {
  const table = document.createElement('table');
  const [head, ...rest] = rows;
  const [corner, ...labels] = head ?? [];
  const heads = labels.map((label, i) => {
    const cell = element('th', label);
    cell.scope = 'col';
    cell.title = names[i] ?? label;
    return cell;
  });
  table.createTHead().append(rowOf([element('td', corner ?? ''), ...heads]));
  const lines = rest.map(([what, ...values]) => {
    const name = element('th', what ?? '');
    name.scope = 'row';
    name.style.whiteSpace = 'nowrap';
    return rowOf([name, ...values.map((value) => element('td', value))]);
  });
  table.createTBody().append(...lines);
  return table;
}

function rowOf(cells: HTMLTableCellElement[]): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const cell of cells) {
    Object.assign(cell.style, CELL);
  }
  row.append(...cells);
  return row;
}

/** Return what scrolls sideways by itself where the output is narrow. */
function scrolling(content: HTMLElement): HTMLElement {
  const box = document.createElement('div');
  box.style.overflowX = 'auto';
  box.append(content);
  return box;
}

/** Return an element with words in it, which stay words. */
function element<K extends 'p' | 'td' | 'th'>(tag: K, words: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = words;
  return made;
}
