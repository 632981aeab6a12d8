// Round numbers for axes, and how they are written; the counterpart of nnwidgets/_ticks.py.

const STEPS = [1, 2, 5, 10];
const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** The next of …, 1, 2, 5, 10, 20, … that is not below `value`, which is positive. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * power >= value * (1 - 1e-9)) ?? 10) * power;
}

/** At most about `n` round numbers from `lo` to `hi`. */
export function linearTicks(lo: number, hi: number, n: number): number[] {
  if (!(hi > lo)) return [lo];
  const stride = roundUp((hi - lo) / n);
  const first = Math.ceil(lo / stride - 1e-9);
  const last = Math.floor(hi / stride + 1e-9);
  const digits = Math.min(15, Math.max(0, 1 - Math.floor(Math.log10(stride))));
  return range(first, last).map((i) => Number((i * stride).toFixed(digits)));
}

/** Round numbers for a logarithmic axis: 1, 2, 5 … where there is room, else powers of ten. */
export function logTicks(lo: number, hi: number): number[] {
  const decades = Math.log10(hi / lo);
  const factors = decades <= 3 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(decades / 8));
  const ticks = range(Math.floor(Math.log10(lo)), Math.ceil(Math.log10(hi)))
    .filter((power) => power % stride === 0)
    .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
    .filter((tick) => lo * 0.999 <= tick && tick <= hi * 1.001);
  return ticks.length > 0 ? ticks : [lo, hi];
}

/** Round times, in seconds. */
export function timeTicks(lo: number, hi: number, n: number): number[] {
  const stride = TIMES.find((one) => (hi - lo) / one <= n);
  if (stride === undefined || hi - lo < 4) return linearTicks(lo, hi, n);
  return range(Math.ceil(lo / stride), Math.floor(hi / stride)).map((i) => i * stride);
}

/** A number of steps: `950`, `1.2k`, `3M`. */
export function short(value: number): string {
  const sizes: [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  const [size, letter] = sizes.find(([one]) => Math.abs(value) >= one) ?? [1, ''];
  return `${Number((value / size).toPrecision(4))}${letter}`;
}

/** A loss: `0.05`, `2`, `1e-6`. */
export function plain(value: number): string {
  if (value !== 0 && !(Math.abs(value) >= 1e-4 && Math.abs(value) < 1e5)) return scientific(value);
  return String(Number(value.toPrecision(6)));
}

/** A value for people: four digits, a proper minus, words for what is not finite. */
export function number(value: number | null | undefined): string {
  if (value == null) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  let text: string;
  if (value !== 0 && (size < 1e-3 || size >= 1e6)) text = scientific(value);
  else if (size >= 1e4) text = Math.round(value).toLocaleString('en-US');
  else text = size >= 10 ? String(Number(value.toPrecision(4))) : value.toFixed(3);
  return text.replaceAll('-', '−');
}

function scientific(value: number): string {
  const [mantissa = '', power = ''] = value.toExponential(2).split('e');
  return `${Number(mantissa)}e${Number(power)}`;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
