import { describe, expect, it } from 'vitest';
import { readPayload } from '../../src/lab/payload';

describe('readPayload', () => {
  it('reads what Python writes', () => {
    const data = { version: 1, model_id: 'm1', still: '<svg/>', run_id: '20260101-000000-abcdef' };
    expect(readPayload(data)).toEqual({ modelId: 'm1', still: '<svg/>', runId: '20260101-000000-abcdef' });
  });

  it('reads a later version that has more in it', () => {
    expect(readPayload({ version: 9, model_id: 'm1', still: '<svg/>', more: [1] })?.still).toBe('<svg/>');
  });

  it.each([
    undefined,
    null,
    3,
    'text',
    [],
    {},
    { model_id: 'm1' },
    { model_id: 1, still: '<svg/>' },
    { model_id: 'm1', still: ['<svg/>'] },
  ])('refuses %j', (data) => {
    expect(readPayload(data)).toBeNull();
  });
});
