// What the front end around a panel says about its kernel, and what is still true of the panel then.
import type { HeadState } from './protocol';

/** The event at a panel after `data-kernel` changed at an element around it. */
export const KERNEL = 'nnw-kernel';

/** Live, out of reach for now, or gone for ever. A front end that says nothing is taken for live. */
export type KernelLife = 'live' | 'away' | 'gone';

export function kernelOf(el: Element): KernelLife {
  const said = el.closest<HTMLElement>('[data-kernel]')?.dataset.kernel;
  return said === 'away' || said === 'gone' ? said : 'live';
}

/** What is known of a run that cannot be steered now, or that ended with its kernel. */
export function withoutKernel(state: HeadState, kernel: 'away' | 'gone'): HeadState {
  const ended = kernel === 'gone' && (state.status === 'running' || state.status === 'paused');
  if (!ended) return { ...state, open: false };
  return { ...state, status: 'interrupted', open: false, phase: 'idle', epoch_left: null, run_left: null };
}
