// The quiet line at the bottom: what the process uses, what is saved, and what the person should know.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import { bytes, count } from './format';
import { follow, type Model } from './model';
import { type FootState, type GpuState, understood } from './protocol';
import { announce } from './speech';

export function renderFoot(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const cpu = element('span', { class: 'nnw-cpu', title: t('Processor use of this process, of all cores') });
  const memory = element('span', { class: 'nnw-memory', title: t('Memory of this process') });
  const gpus = element('span', { class: 'nnw-gpus' });
  const saved = element('span', { class: 'nnw-saved' });
  const notices = element('div', { class: 'nnw-notices' });
  el.classList.add('nnw-foot');
  el.replaceChildren(notices, element('div', { class: 'nnw-quiet' }, cpu, memory, gpus, saved));
  let told = '';
  let heard: Set<string> | null = null;

  follow(model, ['state'], signal, () => {
    const state = model.get('state') as FootState;
    if (!understood(state)) return;
    say(cpu, state.cpu === null ? '' : t('CPU {share}', { share: `${state.cpu} %` }));
    say(memory, state.memory === null ? '' : bytes(state.memory));
    say(gpus, state.gpus.map(gpu).join(' · '));
    const failing = state.notices.some((notice) => notice.kind === 'store' && notice.level === 'error');
    say(
      saved,
      state.saved_step === null || failing
        ? ''
        : t('saved to step {step}', { step: count(state.saved_step) }),
    );
    mark(saved, 'class', 'nnw-saved');
    const shown = state.notices.filter((notice) => notice.level !== 'info');
    const texts = shown.map(({ text }) => text);
    if (heard !== null) for (const text of texts) if (!heard.has(text)) announce(el, text);
    heard = new Set([...(heard ?? []), ...texts]);
    if (told !== JSON.stringify(shown)) {
      told = JSON.stringify(shown);
      notices.replaceChildren(
        ...shown.map((notice) =>
          element('p', { class: 'nnw-notice', 'data-level': notice.level }, notice.text),
        ),
      );
    }
  });
}

function gpu(state: GpuState): string {
  const use = state.use === null ? '' : ` ${state.use} %`;
  return `${state.name}${use}, ${t('{used} of {total}', { used: bytes(state.used), total: bytes(state.total) })}`;
}
