// One ESM file for anywidget (its views import nothing at run time) and the style sheet beside it.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outdir = here('../../nnwidgets/static');

await mkdir(outdir, { recursive: true });
await build({
  entryPoints: [
    { in: here('../src/panel/index.ts'), out: 'panel' },
    { in: here('../src/panel/panel.css'), out: 'panel' },
  ],
  outdir,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
});
