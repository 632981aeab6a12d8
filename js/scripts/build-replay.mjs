// The player of exported pages: a script for HTML files, with its style sheet beside it, and a module that has all inside.
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/** The graph's own catalogues are part of the player's. */
const once = {
  name: 'once',
  setup(outer) {
    outer.onResolve({ filter: /graph\.catalogues$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    outer.onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'export default {};' }));
  },
};

/** Build into a folder; `shared` are the options of all bundles, `plugins` those of the graph's. */
export async function buildReplay({ here, outdir, shared, plugins }) {
  const source = (name) => here(`../src/replay/${name}`);
  const options = { ...shared, outdir, legalComments: 'inline', plugins: [once, ...plugins] };
  await build({ ...options, entryPoints: [{ in: source('replay.css'), out: 'replay' }] });
  const styles = await readFile(`${outdir}/replay.css`, 'utf8');
  await build({
    ...options,
    entryPoints: [{ in: source('page_entry.ts'), out: 'replay' }],
    format: 'iife',
  });
  await build({
    ...options,
    entryPoints: [{ in: source('index.ts'), out: 'replay' }],
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    define: { NNW_REPLAY_STYLES: JSON.stringify(styles) },
  });
}
