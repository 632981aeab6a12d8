// The texts of nnwidgets/locale as modules: `./panel.catalogues` holds what the panel's bundle shows, in all languages.
//
// catalogues.mjs BUNDLE FILE: write such a module, for a build that knows no plugins.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../nnwidgets/locale');

/** Which sections of a catalogue a bundle needs; `shared` are those of modules that several bundles hold. */
export const SECTIONS = {
  panel: ['panel', 'shared'],
  graph: ['graph', 'shared'],
  lab: ['lab', 'shared'],
  replay: ['replay', 'graph', 'shared'],
};

/** Return the catalogues of all languages as they lie in the folder, by code. */
export async function catalogues() {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).sort();
  const read = async (name) => [name.slice(0, -5), JSON.parse(await readFile(join(FOLDER, name), 'utf8'))];
  return Object.fromEntries(await Promise.all(files.map(read)));
}

/** Return what a bundle holds: for each language its name and the messages of some sections. */
export async function catalogueOf(bundle) {
  const all = Object.entries(await catalogues());
  const messagesOf = ({ messages }) => Object.assign({}, ...SECTIONS[bundle].map((name) => messages[name]));
  return Object.fromEntries(all.map(([code, one]) => [code, { name: one.name, messages: messagesOf(one) }]));
}

async function moduleOf(bundle) {
  return `export default ${JSON.stringify(await catalogueOf(bundle))};\n`;
}

const MODULE = /(?:^|[\\/])(\w+)\.catalogues$/;

export const forEsbuild = {
  name: 'catalogues',
  setup(build) {
    build.onResolve({ filter: MODULE }, ({ path }) => ({ path, namespace: 'catalogues' }));
    build.onLoad({ filter: MODULE, namespace: 'catalogues' }, async ({ path }) => ({
      contents: await moduleOf(MODULE.exec(path)[1]),
      loader: 'js',
    }));
  },
};

export const forVitest = {
  name: 'catalogues',
  enforce: 'pre',
  resolveId: (path) => (MODULE.test(path) ? `\0${path}` : null),
  load: (path) => (path.startsWith('\0') && MODULE.test(path) ? moduleOf(MODULE.exec(path)[1]) : null),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [bundle, file] = process.argv.slice(2);
  await writeFile(file, await moduleOf(bundle));
}
