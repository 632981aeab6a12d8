import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PanelOutput } from '../../src/lab/output';
import { PANEL_MIME, WIDGET_MIME } from '../../src/lab/payload';

/** A view of ipywidgets: it says that it loads, and draws the panel when it is told to. */
class View extends Widget implements IRenderMime.IRenderer {
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.node.textContent = 'Loading widget...';
    views.push({ view: this, data: model.data[WIDGET_MIME] });
  }
  draw(): void {
    const root = document.createElement('div');
    this.node.replaceChildren(root);
    setTimeout(() => root.classList.add('nnw-panel'));
  }
}

/** As much of a registry as we use; `bind` does what ipywidgets does when its manager is there. */
class Registry {
  factory: object | undefined = {};
  getFactory = (): object | undefined => this.factory;
  createRenderer = (): View => new View();
  createModel = (model: object): object => model;
  bind(): void {
    this.factory = {};
  }
  get own(): IRenderMimeRegistry {
    return this as unknown as IRenderMimeRegistry;
  }
}

let views: { view: View; data: unknown }[] = [];
let application: Registry;
let notebook: Registry;
let dark: boolean;
let themeChanged: () => void;
let output: PanelOutput;

const theme = {
  isDark: () => dark,
  onChange: (callback: () => void, signal: AbortSignal) => {
    themeChanged = () => signal.aborted || callback();
  },
};

function model(modelId: string, still: string, trusted = true): IRenderMime.IMimeModel {
  const payload = { version: 1, model_id: modelId, run_id: 'r1', still };
  return { trusted, data: { [PANEL_MIME]: payload }, metadata: {}, setData: () => {} };
}

const picture = () => decodeURIComponent(output.node.querySelector('img')?.src ?? '');
const isLive = () => output.hasClass('nnw-mod-live');

beforeEach(() => {
  vi.useFakeTimers();
  views = [];
  dark = false;
  application = new Registry();
  notebook = new Registry();
  notebook.factory = application.factory;
  output = new PanelOutput({ application: application.own, theme, notebookOf: () => notebook.own });
  Widget.attach(output, document.body);
});

afterEach(() => {
  output.dispose();
  vi.useRealTimers();
});

describe('PanelOutput', () => {
  it('shows the picture, and the panel in its place as soon as that is drawn', async () => {
    await output.renderModel(model('m1', '<svg class="nnw-light">one</svg>'));
    expect(picture()).toContain('one');
    expect(views).toEqual([]);
    notebook.bind();
    await vi.advanceTimersByTimeAsync(200);
    expect(views.map((each) => each.data)).toEqual([{ model_id: 'm1', version_major: 2, version_minor: 0 }]);
    expect(isLive()).toBe(false);
    views[0]?.view.draw();
    await vi.advanceTimersByTimeAsync(1);
    expect(isLive()).toBe(true);
    views[0]?.view.node.replaceChildren();
    await vi.advanceTimersByTimeAsync(0);
    expect(isLive()).toBe(false);
  });

  it('keeps the live view when only the picture changes, and makes a new one for another panel', async () => {
    notebook.bind();
    await output.renderModel(model('m1', '<svg>one</svg>'));
    await vi.advanceTimersByTimeAsync(0);
    await output.renderModel(model('m1', '<svg>two</svg>'));
    await vi.advanceTimersByTimeAsync(0);
    expect(picture()).toContain('two');
    expect(views).toHaveLength(1);
    await output.renderModel(model('m2', '<svg>three</svg>'));
    await vi.advanceTimersByTimeAsync(0);
    expect(views).toHaveLength(2);
    expect(views[0]?.view.isDisposed).toBe(true);
  });

  it('tries again at the next update when there was no widget manager', async () => {
    await output.renderModel(model('m1', '<svg>one</svg>'));
    await vi.advanceTimersByTimeAsync(60_000);
    notebook.bind();
    await output.renderModel(model('m1', '<svg>two</svg>'));
    await vi.advanceTimersByTimeAsync(0);
    expect(views).toHaveLength(1);
  });

  it('shows the picture alone without ipywidgets, in an untrusted notebook and outside of notebooks', async () => {
    notebook.factory = application.factory = undefined;
    await output.renderModel(model('m1', '<svg>one</svg>'));
    await vi.advanceTimersByTimeAsync(60_000);
    notebook.bind();
    await output.renderModel(model('m2', '<svg>two</svg>', false));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(picture()).toContain('two');

    const alone = new PanelOutput({ application: application.own, theme, notebookOf: () => null });
    Widget.attach(alone, document.body);
    await alone.renderModel(model('m1', '<svg>one</svg>'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(alone.node.querySelector('img')?.hidden).toBe(false);
    alone.dispose();
    expect(views).toEqual([]);
  });

  it('says in words what the picture says, and whose it is where it says nothing', async () => {
    const alt = (): string | undefined => output.node.querySelector('img')?.alt;
    await output.renderModel(model('m1', '<svg aria-label="loss of the run x: it has risen."/>'));
    expect(alt()).toBe('loss of the run x: it has risen.');
    await output.renderModel(model('m1', '<svg/>'));
    expect(alt()).toBe('Training curves of run r1');
  });

  it('follows the theme until it is disposed', async () => {
    await output.renderModel(model('m1', '<svg class="nnw-light"/>'));
    dark = true;
    themeChanged();
    expect(picture()).toContain('nnw-dark');
    output.dispose();
    dark = false;
    themeChanged();
    expect(picture()).toContain('nnw-dark');
  });

  it('stops waiting when it is disposed', async () => {
    await output.renderModel(model('m1', '<svg/>'));
    output.dispose();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    notebook.bind();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(views).toEqual([]);
  });

  it('keeps scripts and markup of an output out of the page', async () => {
    await output.renderModel(model('m1', '<svg onload="x()"><script>y()</script></svg>'));
    expect(output.node.querySelector('script, svg, [onload]')).toBeNull();
  });
});
