// The player as a module: for MyST's and other pages' `anywidget` directive, which ask it to render, without a kernel.
import { element } from '../panel/dom';
import { start } from './start';

/** The style sheet, which the build puts here: such a page has one file. */
declare const NNW_REPLAY_STYLES: string;

interface Rendering {
  model: { get(name: string): unknown };
  el: HTMLElement;
}

/** A widget that plays a lesson: the one that its model has, else the one that is given here. */
export function make(packed = ''): { render(rendering: Rendering): () => void } {
  return {
    render({ model, el }) {
      const life = new AbortController();
      const own = model.get('lesson');
      const styles = typeof NNW_REPLAY_STYLES === 'string' ? NNW_REPLAY_STYLES : '';
      const sheet = element('style', {}, styles);
      const home = element('div', { class: 'nnw-replay-home' });
      el.append(sheet, home);
      void start(typeof own === 'string' && own ? own : packed, home, life.signal);
      return () => {
        life.abort();
        sheet.remove();
        home.remove();
      };
    },
  };
}
