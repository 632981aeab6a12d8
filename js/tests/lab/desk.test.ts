import { describe, expect, it } from 'vitest';
import FIXTURE from '../../../tests/fixtures/protocol/desk.json';
import { DeskLink } from '../../src/lab/desk';
import { foremost, readDesk } from '../../src/lab/desk_status';
import { Context, settled } from './context';

const DESK = 'nnwidgets-desk-1';

async function linked(context: Context): Promise<{ link: DeskLink; heard: string[] }> {
  const link = new DeskLink(context.own);
  const heard: string[] = [];
  link.met.connect((_, running) => heard.push(running ? 'found' : 'new'));
  link.said.connect((_, message) => heard.push(message.kind));
  await settled();
  return { link, heard };
}

describe('DeskLink', () => {
  it('finds the desk of a kernel that runs already', async () => {
    const context = new Context();
    context.kernel.comms = { other: {}, [DESK]: {} };
    context.kernel.answer = { status: 'ok', desk: DESK, state: FIXTURE };
    const { link, heard } = await linked(context);
    expect(context.kernel.asked).toEqual([{ ask: 'desk' }]);
    expect([link.state, link.desk, heard]).toEqual(['desk', DESK, ['found']]);
    expect(foremost(link.status)?.name).toBe('small net');
  });

  it('asks a kernel without a desk nothing that it might not know', async () => {
    const { link } = await linked(new Context());
    expect(link.kernel && (link.kernel as unknown as Context['kernel']).asked).toEqual([]);
    expect(link.state).toBe('unknown');
  });

  it('hears of a new desk, what it tells and what it wants', async () => {
    const context = new Context();
    const { link, heard } = await linked(context);
    context.hear('comm_open', { comm_id: 'someone', data: { state: { status: FIXTURE } } });
    expect(link.desk).toBe(null);
    context.hear('comm_open', { comm_id: DESK, data: { state: { status: FIXTURE } } });
    expect([link.state, link.status?.shown]).toEqual(['desk', FIXTURE.shown]);
    const update = { ...FIXTURE, shown: null };
    context.hear('comm_msg', { comm_id: DESK, data: { method: 'update', state: { status: update } } });
    expect(link.status?.shown).toBe(null);
    for (const content of [{ kind: 'open' }, { kind: 'tab', run: 1 }])
      context.hear('comm_msg', { comm_id: DESK, data: { method: 'custom', content } });
    expect(heard).toEqual(['new', 'open']);
    context.hear('comm_close', { comm_id: DESK });
    expect([link.desk, link.status]).toEqual([null, null]);
  });

  it('takes a desk that it hears of in the middle for one that was there', async () => {
    const context = new Context();
    const { heard } = await linked(context);
    context.hear('comm_msg', { comm_id: DESK, data: { method: 'update', state: { status: FIXTURE } } });
    expect(heard).toEqual(['found']);
  });

  it('keeps the desk while the page is offline, and looks again afterwards', async () => {
    const context = new Context();
    const { link, heard } = await linked(context);
    context.hear('comm_open', { comm_id: DESK, data: { state: { status: FIXTURE } } });
    context.connect('disconnected');
    expect([link.state, link.desk]).toEqual(['offline', DESK]);
    context.kernel.comms = { [DESK]: {} };
    context.kernel.answer = { status: 'ok', desk: DESK, state: { ...FIXTURE, shown: null } };
    context.connect('connected', 'busy');
    await settled();
    expect([link.state, link.status?.shown, heard]).toEqual(['desk', null, ['new', 'found']]);
    context.kernel.comms = {};
    context.connect('connected', 'idle');
    await settled();
    expect(link.desk).toBe(null);
  });

  it('says how the kernel is, and forgets the desk of one that has ended', async () => {
    const context = new Context();
    const { link } = await linked(context);
    const words: Record<string, string> = {
      starting: 'starting',
      restarting: 'restarting',
      autorestarting: 'restarting',
      dead: 'dead',
      terminating: 'none',
    };
    for (const [status, state] of Object.entries(words)) {
      context.hear('comm_open', { comm_id: DESK, data: { state: { status: FIXTURE } } });
      context.become(status);
      expect([link.state, link.desk]).toEqual([state, null]);
    }
    context.become('busy');
    expect(link.state).toBe('busy');
    context.session = null;
    context.kernelDisplayStatus = 'unknown';
    context.kernelChanged.emit({});
    expect(link.state).toBe('none');
  });

  it('asks an idle kernel whether it could have a desk only while somebody looks', async () => {
    const context = new Context();
    const { link } = await linked(context);
    context.become('idle');
    await settled();
    expect(context.kernel.requestExecute).not.toHaveBeenCalled();
    context.kernel.there = 'False';
    link.watched = true;
    await settled();
    expect(link.state).toBe('missing');
    context.become('idle');
    await settled();
    expect(context.kernel.requestExecute).toHaveBeenCalledTimes(1);
    // A cell was run, and may have installed it.
    context.hear('execute_input', { code: '%pip install nnwidgets' });
    context.kernel.there = 'True';
    context.become('idle');
    await settled();
    expect(link.state).toBe('unloaded');
  });

  it('says of another language that it is one, without running anything', async () => {
    const context = new Context();
    context.kernel.info = Promise.resolve({ language_info: { name: 'R' } });
    const { link } = await linked(context);
    link.watched = true;
    await settled();
    expect(link.state).toBe('foreign');
    expect(context.kernel.requestExecute).not.toHaveBeenCalled();
  });

  it('does not guess at what another version tells', () => {
    expect(readDesk({ ...FIXTURE, wire: 2 })).toBe(null);
    expect(readDesk({})).toBe(null);
    expect(readDesk(undefined)).toBe(null);
  });
});

it('reads only runs that are such', () => {
  const [run] = FIXTURE.runs;
  const odd = [null, 7, { ...run, name: ['x'] }, { ...run, step: 'many' }, { ...run, cell: 3 }];
  expect(readDesk({ ...FIXTURE, runs: [...odd, run] })?.runs).toEqual([run]);
  expect(readDesk({ ...FIXTURE, shown: {} })).toBe(null);
  expect(readDesk({ ...FIXTURE, runs: Array(1e5).fill(run) })?.runs).toHaveLength(20);
});
