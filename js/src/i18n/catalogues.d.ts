// Made of nnwidgets/locale by scripts/catalogues.mjs, so that another language is another file there and no code.
declare module '*.catalogues' {
  const catalogues: Record<string, import('./index').Catalogue>;
  export default catalogues;
}
