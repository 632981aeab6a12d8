import type { ISessionContext } from '@jupyterlab/apputils';
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

class Emitter {
  slots = new Set<(sender: unknown, args: unknown) => void>();
  connect = (slot: (sender: unknown, args: unknown) => void): unknown => this.slots.add(slot);
  disconnect = (slot: (sender: unknown, args: unknown) => void): unknown => this.slots.delete(slot);
  emit(args: unknown = null): void {
    for (const slot of [...this.slots]) slot(null, args);
  }
}

/** As much of a notebook's session as we use. */
class Session {
  session: { kernel: { id: string } | null } | null = { kernel: { id: 'k1' } };
  statusChanged = new Emitter();
  connectionStatusChanged = new Emitter();
  kernelChanged = new Emitter();
  get own(): ISessionContext {
    return this as unknown as ISessionContext;
  }
  get listeners(): number {
    return [this.statusChanged, this.connectionStatusChanged, this.kernelChanged].reduce(
      (sum, emitter) => sum + emitter.slots.size,
      0,
    );
  }
}

let views: { view: View; data: unknown }[] = [];
let application: Registry;
let notebook: Registry;
let dark: boolean;
let themeChanged: () => void;
let output: PanelOutput;
let session: Session;

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
  session = new Session();
  output = new PanelOutput({
    application: application.own,
    theme,
    notebookOf: () => notebook.own,
    sessionOf: () => session.own,
  });
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

    const alone = new PanelOutput({
      application: application.own,
      theme,
      notebookOf: () => null,
      sessionOf: () => null,
    });
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

describe('PanelOutput without its kernel', () => {
  const banner = () => output.node.querySelector<HTMLElement>('[role=status].nnw-output-banner');
  const controls = () => output.node.querySelector('.nnw-controls');
  const heard: string[] = [];

  beforeEach(async () => {
    heard.length = 0;
    notebook.bind();
    await output.renderModel(model('m1', '<svg>one</svg>'));
    await vi.advanceTimersByTimeAsync(0);
    const root = document.createElement('div');
    root.innerHTML = '<div class="nnw-controls"></div><span class="nnw-saved">saved to step 9</span>';
    root.addEventListener('nnw-kernel', () => heard.push(root.closest('[data-kernel]') ? 'without' : 'with'));
    views[0]?.view.node.replaceChildren(root);
    root.classList.add('nnw-panel');
    await vi.advanceTimersByTimeAsync(0);
    expect(isLive()).toBe(true);
    expect(banner()?.hidden).toBe(true);
  });

  it.each([
    ['restarting', 'The kernel was restarted.'],
    ['autorestarting', 'The kernel died and was started again.'],
    ['terminating', 'The kernel was shut down.'],
    ['dead', 'The kernel died.'],
  ])('says it when the kernel is %s, and keeps the last that it showed', (status, words) => {
    session.statusChanged.emit(status);
    expect(banner()?.hidden).toBe(false);
    expect(banner()?.textContent).toBe(`${words} What was recorded is kept: nnw.load("r1")`);
    expect(isLive()).toBe(true);
    expect(controls()?.hasAttribute('inert')).toBe(true);
    expect(heard).toEqual(['without']);
    session.statusChanged.emit('idle');
    session.connectionStatusChanged.emit('connected');
    expect(banner()?.textContent).toContain(words);
    expect(controls()?.hasAttribute('inert')).toBe(true);
  });

  it('tells a kernel that died from one that somebody restarted', () => {
    session.statusChanged.emit('restarting');
    session.statusChanged.emit('autorestarting');
    expect(banner()?.textContent).toContain('died');
    session.statusChanged.emit('idle');
    session.statusChanged.emit('restarting');
    expect(banner()?.textContent).toContain('died');
  });

  it('claims nothing of a run that was not kept', () => {
    output.node.querySelector('.nnw-saved')?.replaceChildren();
    session.statusChanged.emit('restarting');
    expect(banner()?.textContent).toBe('The kernel was restarted.');
  });

  it('says it when the notebook gets another kernel, or none', () => {
    session.kernelChanged.emit();
    expect(banner()?.hidden).toBe(true);
    session.session = { kernel: { id: 'k2' } };
    session.kernelChanged.emit();
    expect(banner()?.textContent).toContain('another kernel');
    session.session = null;
    session.kernelChanged.emit();
    expect(banner()?.textContent).toContain('another kernel');
  });

  it('waits for the connection and goes on when it is back', () => {
    session.connectionStatusChanged.emit('connecting');
    expect(banner()?.textContent).toBe('The connection is lost; the panel goes on when it is back.');
    expect(controls()?.hasAttribute('inert')).toBe(true);
    session.connectionStatusChanged.emit('connected');
    expect(banner()?.hidden).toBe(true);
    expect(controls()?.hasAttribute('inert')).toBe(false);
    expect(heard).toEqual(['without', 'with']);
  });

  it('is fresh when the cell is run again, and lets go of the session at its end', async () => {
    session.statusChanged.emit('restarting');
    await output.renderModel(model('m2', '<svg>two</svg>'));
    expect(banner()?.hidden).toBe(true);
    output.dispose();
    expect(session.listeners).toBe(0);
  });

  it('shows a strange id as text', async () => {
    const data = { version: 1, model_id: 'm3', run_id: '<img src=x>', still: '<svg/>' };
    await output.renderModel({
      trusted: true,
      data: { [PANEL_MIME]: data },
      metadata: {},
      setData: () => {},
    });
    await vi.advanceTimersByTimeAsync(0);
    const root = document.createElement('div');
    root.innerHTML = '<span class="nnw-saved">saved</span>';
    views[1]?.view.node.replaceChildren(root);
    root.classList.add('nnw-panel');
    await vi.advanceTimersByTimeAsync(0);
    session.statusChanged.emit('dead');
    expect(banner()?.textContent).toContain('nnw.load("<img src=x>")');
    expect(banner()?.querySelector('img')).toBeNull();
  });
});
