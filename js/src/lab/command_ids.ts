/** Where the palette lists our commands. */
export const CATEGORY = 'nnwidgets';
export const OPEN = 'nnwidgets:open-sidebar';
export const TAB = 'nnwidgets:open-tab';
export const CELL = 'nnwidgets:go-to-cell';
