// The colours and the font of the page around, read anew when its theme changes.
import { SAMPLE, setWide, textWidth } from './words';

export interface Look {
  font: string;
  paper: string;
  paper2: string;
  line: string;
  ink: string;
  ink2: string;
  accent: string;
  flag: string;
  flagPaper: string;
  warn: string;
  edge: string;
  frame: string;
  /** Colours of what a layer does. */
  weights: string;
  norm: string;
  activation: string;
  shape: string;
  memory: string;
  other: string;
  dark: boolean;
}

const NAMES: Record<Exclude<keyof Look, 'font' | 'dark'>, [variable: string, fallback: string]> = {
  paper: ['--nnw-bg', '#ffffff'],
  paper2: ['--nnw-bg-2', '#f5f5f5'],
  line: ['--nnw-graph-line', '#c9ced6'],
  ink: ['--nnw-ink', '#1f2328'],
  ink2: ['--nnw-ink-2', '#5b6470'],
  accent: ['--nnw-accent', '#1976d2'],
  flag: ['--nnw-flag', '#b3123c'],
  flagPaper: ['--nnw-flag-bg', '#fdecef'],
  warn: ['--nnw-warn', '#8a5100'],
  edge: ['--nnw-graph-edge', '#8b94a0'],
  frame: ['--nnw-graph-frame', '#f6f8fa'],
  weights: ['--nnw-train', '#0072b2'],
  norm: ['--nnw-good', '#00735a'],
  activation: ['--nnw-val', '#c25400'],
  shape: ['--nnw-ghost-2', '#8a5f86'],
  memory: ['--nnw-ghost-4', '#86702f'],
  other: ['--nnw-ghost-1', '#6f7680'],
};

/** Read what the variables mean at an element. */
export function readLook(el: HTMLElement): Look {
  const probe = document.createElement('span');
  probe.hidden = true;
  el.append(probe);
  const colour = ([variable, fallback]: [string, string]): string => {
    probe.style.color = `var(${variable}, ${fallback})`;
    const found = getComputedStyle(probe).color;
    return !found || found.startsWith('var') ? fallback : found;
  };
  const colours = Object.fromEntries(
    Object.entries(NAMES).map(([name, variable]) => [name, colour(variable)]),
  ) as Record<keyof typeof NAMES, string>;
  const font = getComputedStyle(el).fontFamily || 'system-ui, sans-serif';
  probe.remove();
  return { ...colours, font, dark: brightness(colours.paper) < 0.5 };
}

/** How wide the letters of a font are, against those that words.ts reckons with. */
export function wideness(family: string): number {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return 1;
  setWide(1);
  // What is not in the page yet has no font; it will have the panel's.
  const panels = getComputedStyle(document.body).getPropertyValue('--jp-ui-font-family');
  context.font = `100px ${family || panels || 'system-ui, sans-serif'}`;
  return context.measureText(SAMPLE).width / textWidth(SAMPLE, 100) || 1;
}

/** How bright a colour is, 0 to 1. */
export function brightness(colour: string): number {
  const [r = 255, g = 255, b = 255] = channels(colour);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

export function channels(colour: string): number[] {
  if (colour.startsWith('#')) {
    const digits = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, '$&$&') : colour;
    return [1, 3, 5].map((i) => Number.parseInt(digits.slice(i, i + 2), 16));
  }
  return (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

/** Call back when the theme of the page changes, until the signal ends it. */
export function onTheme(signal: AbortSignal, changed: () => void): void {
  const observer = new MutationObserver(changed);
  const attributeFilter = ['data-jp-theme-light', 'data-jp-theme-name', 'class', 'style'];
  for (const el of [document.body, document.documentElement]) {
    observer.observe(el, { attributes: true, attributeFilter });
  }
  const dark = globalThis.matchMedia?.('(prefers-color-scheme: dark)');
  dark?.addEventListener('change', changed, { signal });
  signal.addEventListener('abort', () => observer.disconnect());
}

const JOBS: [RegExp, 'weights' | 'norm' | 'activation' | 'shape' | 'memory'][] = [
  [/norm/i, 'norm'],
  [/attention|lstm|gru|rnn|recurrent/i, 'memory'],
  [/conv|linear|dense|embed|bilinear|matmul|einsum|^mm$|^bmm$|addmm|dot/i, 'weights'],
  [/relu|gelu|silu|selu|elu|tanh|sigmoid|softmax|swish|mish|softplus|activation|softsign/i, 'activation'],
  [/pool|flatten|reshape|permute|transpose|pad|upsample|view|concat|cat$|stack|split|chunk/i, 'shape'],
];

/** What a layer of this name does, as the colour of its mark. */
export function jobOf(op: string): 'weights' | 'norm' | 'activation' | 'shape' | 'memory' | 'other' {
  return JOBS.find(([pattern]) => pattern.test(op))?.[1] ?? 'other';
}
