// pyodide.mjs PROGRAM FOLDER: run a Python program in Pyodide, with the folder where it is here. For the tests.

import { readFileSync } from 'node:fs';
import { loadPyodide } from 'pyodide';

const [program, folder] = process.argv.slice(2);
const python = await loadPyodide({ env: { HOME: '/home/pyodide', NNW_PYODIDE: process.env.NNW_PYODIDE } });
python.FS.mkdirTree(folder);
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, folder);
try {
  python.runPython(readFileSync(program, 'utf8'));
} catch (error) {
  // Node would print the line of the bundle in which it was thrown: a megabyte.
  console.error(String(error.message ?? error));
  process.exitCode = 1;
}
