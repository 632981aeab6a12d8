import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import head from '../../../tests/fixtures/protocol/head.json';
import { type Frames, followFrames } from '../../src/panel/frames';
import { asker } from '../../src/panel/model';
import { FakeModel } from './model';

type Slot = (sender: unknown, message: unknown) => void;

let model: FakeModel;
let life: AbortController;
let frames: Frames;
let slots: Set<Slot>;

const NOTICE = 'IOPub message rate exceeded.\nThe Jupyter server will temporarily stop sending output';
const publish = (msg_type: string, content: object): void => {
  for (const slot of slots) slot(null, { header: { msg_type }, content });
};
const asked = (): string[] => model.sent.map((command) => command.kind);
const show = (frame: number, more: object = {}): void => model.set('state', { ...head, frame, ...more });
/** Answer the last request that the kernel holds as many frames, and let the answer take effect. */
const answer = async (frame: number): Promise<void> => {
  model.answer({ data: String(frame) });
  await vi.advanceTimersByTimeAsync(100);
};

beforeEach(() => {
  vi.useFakeTimers();
  life = new AbortController();
  slots = new Set();
  model = new FakeModel({ view: 'head', state: { ...head, frame: 7 } });
  const iopubMessage = {
    connect: (slot: Slot) => slots.add(slot),
    disconnect: (slot: Slot) => slots.delete(slot),
  };
  model.widget_manager = { kernel: { iopubMessage } };
  frames = followFrames(model, asker(model, life.signal), life.signal);
});

afterEach(() => {
  life.abort();
  vi.useRealTimers();
});

describe('frames', () => {
  it('are followed in silence while none is missing', async () => {
    for (let frame = 8; frame < 80; frame += 1) {
      show(frame);
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(asked()).toEqual([]);
  });

  it('are asked for once when one is left out, however many come meanwhile', async () => {
    show(9);
    expect(asked()).toEqual(['state']);
    show(10);
    show(11);
    await answer(11);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked()).toEqual(['state']);
  });

  it('are asked for again while the answer names a later one, or does not come', async () => {
    show(9);
    await answer(12);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked()).toEqual(['state', 'state']);
    await vi.advanceTimersByTimeAsync(5000 + 100 + 2000);
    expect(asked()).toEqual(['state', 'state', 'state']);
    show(12);
    await answer(12);
    await vi.advanceTimersByTimeAsync(2900);
    expect(asked()).toEqual(['state', 'state', 'state']);
  });

  it('are counted by the kernel when none comes, more and more seldom', async () => {
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked()).toEqual(['ping']);
    await answer(7);
    await vi.advanceTimersByTimeAsync(6000);
    await answer(7);
    expect(asked()).toEqual(['ping', 'ping']);
    await vi.advanceTimersByTimeAsync(12_000);
    await answer(8); // the last one was lost
    expect(asked()).toEqual(['ping', 'ping', 'ping', 'state']);
  });

  it('are no reason to disturb a kernel whose run is over', async () => {
    show(8, { open: false, status: 'finished' });
    expect(asked()).toEqual(['state']); // the last picture stays for long
    await answer(8);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked()).toEqual(['state']);
  });

  it('are asked for when the server says that it drops messages', () => {
    publish('stream', { name: 'stdout', text: NOTICE });
    publish('stream', { name: 'stderr', text: `somebody wrote: ${NOTICE}` });
    publish('status', { execution_state: 'busy' });
    expect(asked()).toEqual([]);
    publish('stream', { name: 'stderr', text: NOTICE });
    expect(asked()).toEqual(['state']);
  });

  it('wait for a connection, and are all asked for when it is back', async () => {
    frames.rest();
    show(20);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked()).toEqual([]);
    frames.resume();
    expect(asked()).toEqual(['state']);
  });

  it('survive a kernel to which nothing can be sent', async () => {
    model.send = () => {
      throw new Error('Kernel is dead');
    };
    show(9);
    await vi.advanceTimersByTimeAsync(60_000);
    life.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are let go with the view', async () => {
    show(9);
    life.abort();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked()).toEqual(['state']);
    expect(model.listeners + slots.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are given up where nobody answers, until there is a new reason', async () => {
    show(8, { open: false });
    await vi.advanceTimersByTimeAsync(600_000);
    const before = asked().length;
    expect(before).toBeLessThan(20);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked()).toHaveLength(before);
    show(10);
    expect(asked()).toHaveLength(before + 1);
  });
});
