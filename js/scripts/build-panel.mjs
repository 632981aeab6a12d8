// ES modules for anywidget (its views import nothing at run time), each with its style sheet beside it.
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildReplay } from './build-replay.mjs';
import { forEsbuild as catalogues } from './catalogues.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outdir = here('../../nnwidgets/static');
const shared = { bundle: true, target: 'es2022', minify: true, charset: 'utf8', logLevel: 'warning' };

/** Makes worker.ts one function without imports: its text is the worker's program, and a page without one calls it. */
const worker = {
  name: 'worker',
  setup(outer) {
    outer.onLoad({ filter: /src[\\/]graph[\\/]worker\.ts$/ }, async ({ path }) => {
      const made = await build({
        ...shared,
        stdin: {
          contents: `import { service } from ${JSON.stringify(path)}; service(self);`,
          resolveDir: here('../src/graph'),
        },
        format: 'iife',
        legalComments: 'none',
        write: false,
      });
      const licence = await readFile(here('../node_modules/@dagrejs/dagre/LICENSE'), 'utf8');
      const program = `/*! Inside: @dagrejs/dagre and @dagrejs/graphlib. ${licence} */ export function service(self) { ${made.outputFiles[0].text} }`;
      return { contents: program, loader: 'js' };
    });
  },
};

await mkdir(outdir, { recursive: true });
await build({
  ...shared,
  entryPoints: [
    { in: here('../src/panel/index.ts'), out: 'panel' },
    { in: here('../src/panel/styles.css'), out: 'panel' },
    { in: here('../src/graph/index.ts'), out: 'graph' },
    { in: here('../src/graph/graph.css'), out: 'graph' },
  ],
  outdir,
  format: 'esm',
  legalComments: 'inline',
  plugins: [worker, catalogues],
});
await buildReplay({ here, outdir, shared, plugins: [worker, catalogues] });
