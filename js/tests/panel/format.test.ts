import { expect, it } from 'vitest';
import head from '../../../tests/fixtures/protocol/head.json';
import { facts } from '../../src/panel/facts';
import { bytes, clock, fileName, percent, rate } from '../../src/panel/format';
import type { HeadState } from '../../src/panel/protocol';

const state = head as HeadState;
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

it('writes times', () => {
  expect([0, 21, 725, 3720, 100_000].map(clock)).toEqual(['0:00', '0:21', '12:05', '1:02:00', '1 d 03:46']);
});

it('writes speeds that stand still', () => {
  expect([2310, 43.2, 0.25].map(rate)).toEqual(['2,300 steps/s', '43 steps/s', '4.0 s/step']);
});

it('writes sizes and shares', () => {
  expect(bytes(432013312)).toBe('412 MB');
  expect(bytes(3 * 2 ** 30)).toBe('3.0 GB');
  expect([0.013, 0.5].map(percent)).toEqual(['1.3 %', '50 %']);
});

it('makes names of files that every system takes', () => {
  expect(fileName('../../etc/passwd')).toBe('etc passwd');
  expect(fileName('a\u0000b<c>')).toBe('a b c');
  expect(fileName('мережа 1')).toBe('мережа 1');
  expect(fileName('///')).toBe('run');
});

it('says how far a run has come', () => {
  const unknown = { ...state, epochs: null, epoch: 0, run_left: null, rate: null };
  expect(plain(facts(unknown))).toBe('step 1,204 · 0:12');
  expect(plain(facts({ ...state, phase: 'validate' }))).toBe(
    'epoch 24 / 60 · step 1,204 · validating · 0:21 left',
  );
  expect(plain(facts({ ...state, status: 'finished', epoch: 60 }))).toBe(
    'epoch 60 / 60 · step 1,204 · 0:12 in all',
  );
});
