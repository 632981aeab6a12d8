// jsdom has no drag events, and Lumino subclasses them when it is loaded.
globalThis.DragEvent ??= class extends MouseEvent {} as typeof DragEvent;
