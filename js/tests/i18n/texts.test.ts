// Every text for people goes through the catalogue, and every catalogue has every text.
import { describe, expect, it } from 'vitest';
import schema from '../../schema/settings.json';
import { catalogues, SECTIONS } from '../../scripts/catalogues.mjs';
import { formOf, formsOf } from '../../src/i18n';
import { type Call, placesIn, type Scan, scan } from './scan';

const SOURCES = (
  import.meta as unknown as { glob(pattern: string, options: object): Record<string, string> }
).glob('../../src/**/*.ts', { query: '?raw', import: 'default', eager: true });
const ENTRIES: Record<string, string[]> = {
  panel: ['panel/index'],
  graph: ['graph/index'],
  lab: ['lab/index'],
  replay: ['replay/index', 'replay/page_entry'],
};
/** Words that stay as they are, with the reason. */
const ALLOWED: [file: RegExp, words: RegExp, reason: string][] = [
  [/./, /: [^ ]*nnw-c?[\w-]*(…|\w)?[ ,]/, 'classes and selectors'],
  [/./, /: \((prefers-[\w-]+: \w+)\)$/, 'a question about the screen'],
  [/./, /: (linear-gradient|inset)\(/, 'style'],
  [/graph\/look/, /: system-ui, sans-serif$/, 'fonts'],
  [/graph\/words/, /: BatchNorm2d /, 'letters by which a font is measured'],
  [/i18n\/index/, /: English$/, 'the name of a language in itself'],
  [/lab\/icon/, /: <svg /, 'a picture'],
  [
    /lab\/(kernel_requests|words|banner)|panel\/runlist$/,
    /: (__import__|import nnwidgets|%pip|nnw\.load|run = )/,
    'code',
  ],
  [/lab\/kernel_requests/, /: the kernel refused$/, 'caught where it is thrown'],
];

const scans = new Map<string, Scan>(
  Object.entries(SOURCES).map(([path, source]) => {
    const file = path.replace('../../src/', '').replace(/\.ts$/, '');
    return [file, scan(`${file}.ts`, source)];
  }),
);
const all = Object.entries(await catalogues());

/** The files of a bundle: its entries and what these import. */
function filesOf(bundle: string): string[] {
  const files = new Set((ENTRIES[bundle] ?? []).filter((file) => scans.has(file)));
  for (const file of files)
    for (const path of scans.get(file)?.imports ?? []) {
      const url = new URL(path, `file:///${file}`).pathname.slice(1);
      for (const found of [url, `${url}/index`])
        if (path.startsWith('.') && scans.has(found)) files.add(found);
    }
  return [...files];
}

function callsOf(bundle: string): (Call & { file: string })[] {
  return filesOf(bundle).flatMap((file) => (scans.get(file)?.calls ?? []).map((call) => ({ ...call, file })));
}

describe('the source', () => {
  it('says nothing to people past the catalogue', () => {
    const bare = [...scans].flatMap(([file, { bare }]) =>
      bare
        .filter((found) => !ALLOWED.some(([where, words]) => where.test(file) && words.test(found)))
        .map((found) => `${file}.ts:${found}`),
    );
    expect(bare).toEqual([]);
  });

  it('has the text of each call where the call stands', () => {
    expect([...scans].flatMap(([file, { hidden }]) => hidden.map((call) => `${file}.ts:${call}`))).toEqual(
      [],
    );
  });

  it('fills every place of a text', () => {
    const calls = [...scans].flatMap(([file, { calls }]) => calls.map((call) => ({ ...call, file })));
    const empty = calls.filter(
      ({ key, many, values }) =>
        values !== null && placesIn(key + (many ?? '')).some((place) => !values.includes(place)),
    );
    expect(empty.map(({ file, line, key }) => `${file}.ts:${line}: ${key}`)).toEqual([]);
  });

  it('allows nothing that is not there any more', () => {
    const unneeded = ALLOWED.filter(
      ([where, words]) =>
        ![...scans].some(([file, { bare }]) => where.test(file) && bare.some((found) => words.test(found))),
    );
    expect(unneeded).toEqual([]);
  });
});

describe.each(all)('the catalogue %s', (code, catalogue) => {
  it.each(Object.keys(SECTIONS))('has every text of the %s, in sections that its bundle holds', (bundle) => {
    const known = Object.assign({}, ...(SECTIONS[bundle] ?? []).map((name) => catalogue.messages[name]));
    const missing = callsOf(bundle).filter(({ key }) => !Object.hasOwn(known, key));
    expect([...new Set(missing.map(({ file, key }) => `${file}.ts: ${key}`))]).toEqual([]);
  });

  it('has no text that nobody says', () => {
    const unused = Object.entries(catalogue.messages).flatMap(([section, messages]) => {
      const bundles = Object.keys(SECTIONS).filter((bundle) => SECTIONS[bundle]?.includes(section));
      const said = new Set(bundles.flatMap((bundle) => callsOf(bundle).map(({ key }) => key)));
      return section === 'python' ? [] : Object.keys(messages).filter((key) => !said.has(key));
    });
    expect(unused).toEqual([]);
  });

  it('has as many forms as the language, and the places of the English text', () => {
    const wrong = Object.keys(SECTIONS).flatMap((bundle) =>
      callsOf(bundle).filter(({ key, many }) => {
        const found = SECTIONS[bundle]?.map((name) => catalogue.messages[name]?.[key]).find((one) => one);
        if (found === undefined) return false;
        if (many === null) return typeof found !== 'string' || !same(found, key);
        if (!Array.isArray(found) || found.length !== formsOf(code).length) return true;
        return found.some((form) => !same(form, many));
      }),
    );
    expect([...new Set(wrong.map(({ key }) => key))]).toEqual([]);
  });

  it('counts in Python as the browser does', () => {
    const python = new Function('n', `return Number(${catalogue.plural})`) as (n: number) => number;
    const numbers = [...Array(1001).keys(), 1e6, 1000001, 2500000];
    expect(numbers.filter((n) => python(n) !== formOf(code, n))).toEqual([]);
  });

  it('can be chosen in the settings of JupyterLab', () => {
    expect(schema.properties.language.enum).toContain(code);
  });
});

function same(text: string, english: string): boolean {
  return placesIn(text).join() === placesIn(english).join() && text.trim() !== '';
}

describe('the search for texts', () => {
  const bare = (source: string): string[] => scan('sample.ts', source).bare;

  it.each([
    ["element('button', { title: t('Stop') }, 'Stop');", '1: Stop'],
    ["element('p', { 'aria-label': 'Runs' });", '1: Runs'],
    ["say(pill, state.open ? 'open' : t('closed'));", '1: open'],
    [`say(pill, \`step \${count(step)}\`);`, '1: step …'],
    ["mark(bar, 'title', name || 'nothing yet');", '1: nothing yet'],
    ["button.setAttribute('aria-label', 'Close');", '1: Close'],
    ["field.placeholder = 'search';", '1: search'],
    ["tell('That did not work.');", '1: That did not work.'],
    ["const NAMES = { one: 'Curves' };", '1: Curves'],
    ["add({ label: 'pause' });", '1: pause'],
  ])('finds what goes past the catalogue: %s', (source, found) => {
    expect(bare(source)).toEqual([found]);
  });

  it.each([
    "element('span', { class: 'nnw-name nnw-line', role: 'status' }, name);",
    "say(pill, t('step {step}', { step: count(step) }));",
    "if (event.key === 'Enter') el.querySelector('.a b');",
    "type Mode = 'Pan around'; import x from 'a b';",
    "mark(pill, 'data-status', 'not running');",
  ])('leaves alone what people do not read: %s', (source) => {
    expect(bare(source)).toEqual([]);
  });

  it('finds a key that does not stand in its call, and a place that is not filled', () => {
    expect(scan('sample.ts', 't(NAMES[i]);').hidden).toEqual(['1: t(NAMES[i])']);
    expect(scan('sample.ts', "t('step {step}');").calls).toEqual([
      { line: 1, key: 'step {step}', many: null, values: [] },
    ]);
  });
});
