// Pictures and numbers of a run as files, made in the page.
import { t } from '../i18n';
import { element, mark } from './dom';
import { download, rastered } from './files';
import { fileName } from './format';

type Run = (kind: string, value?: unknown) => Promise<string | null>;

export function exportMenu(
  el: HTMLElement,
  command: Run,
  name: () => string,
  tell: (text: string) => void,
  signal: AbortSignal,
): HTMLElement {
  const button = element(
    'button',
    { type: 'button', class: 'nnw-button', 'aria-haspopup': 'menu' },
    t('Export'),
  );
  const menu = element('div', { class: 'nnw-menu', role: 'menu', 'aria-label': t('Export'), hidden: true });
  const open = (wanted: boolean): void => {
    menu.hidden = !wanted;
    mark(button, 'aria-expanded', String(wanted));
    if (wanted) (menu.firstElementChild as HTMLElement | null)?.focus();
  };
  const entry = (label: string, act: () => Promise<void>): void => {
    const made = element('button', { type: 'button', role: 'menuitem', class: 'nnw-entry' }, label);
    made.addEventListener(
      'click',
      () => {
        open(false);
        button.focus();
        act().catch((error: unknown) => tell(t('The export failed: {reason}', { reason: String(error) })));
      },
      { signal },
    );
    menu.append(made);
  };
  const themed = async (): Promise<string | null> => {
    const svg = await command('export', 'svg');
    return svg && isDark(el) ? svg.replace('nnw-light', 'nnw-dark') : svg;
  };
  entry(t('PNG picture'), async () => {
    const svg = await themed();
    if (svg) download(await rastered(svgFile(svg)), `${fileName(name())}.png`);
  });
  entry(t('SVG picture'), async () => {
    const svg = await themed();
    if (svg) download(svgFile(svg), `${fileName(name())}.svg`);
  });
  entry(t('CSV table'), async () => {
    const csv = await command('export', 'csv');
    if (csv) download(new Blob([csv], { type: 'text/csv' }), `${fileName(name())}.csv`);
  });
  open(false);
  button.addEventListener('click', () => open(menu.hidden), { signal });
  const place = element('span', { class: 'nnw-export' }, button, menu);
  place.addEventListener(
    'keydown',
    (event) => {
      const entries = [...menu.children] as HTMLElement[];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === 'Escape' && !menu.hidden) {
        open(false);
        button.focus();
      } else if (step !== undefined && !menu.hidden) {
        event.preventDefault();
        const at = entries.indexOf(document.activeElement as HTMLElement);
        entries[(at + step + entries.length) % entries.length]?.focus();
      }
    },
    { signal },
  );
  place.addEventListener(
    'focusout',
    (event) => {
      if (!place.contains(event.relatedTarget as Node | null)) open(false);
    },
    { signal },
  );
  return place;
}

function svgFile(svg: string): Blob {
  return new Blob([svg], { type: 'image/svg+xml' });
}

/** Whether the page around is dark, whatever theme made it so. */
function isDark(el: HTMLElement): boolean {
  const panel = el.closest('.nnw-panel') ?? el;
  const [r = 255, g = 255, b = 255] = (getComputedStyle(panel).backgroundColor.match(/[\d.]+/g) ?? []).map(
    Number,
  );
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}
