// The flag: where the validation loss left its minimum, in a sentence, with what can be done about it.
import { t } from '../i18n';
import { element, mark, say } from './dom';
import { asker, follow, type Model } from './model';
import { type FlagState, type Remedy, understood } from './protocol';
import { announce } from './speech';

export function renderFlag(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const text = element('p', { class: 'nnw-flagtext' });
  const back = element('button', { type: 'button', class: 'nnw-button' });
  const choice = element('select', { class: 'nnw-picker', 'aria-label': t('What to change in the branch') });
  const branch = element('button', { type: 'button', class: 'nnw-button' }, t('Branch from the best with'));
  const branching = element('span', { class: 'nnw-branching' }, branch, choice);
  const acts = element('div', { class: 'nnw-flagacts' }, back, branching);
  const now = element('p', { class: 'nnw-note' });
  const why = element('p', { class: 'nnw-note' });
  const answer = element('p', { class: 'nnw-answer', hidden: true });
  // Not spoken: it changes with every validation, and is read when somebody wants to know.
  const verdict = element('p', { class: 'nnw-verdict' });
  const card = element(
    'section',
    { class: 'nnw-flagcard', role: 'group', 'aria-label': t('Divergence') },
    text,
    now,
    acts,
    why,
    answer,
    verdict,
    meaning(),
  );
  el.classList.add('nnw-flag');
  el.replaceChildren(card);

  let remedies: Remedy[] = [];
  let last: string | null = null;
  let heard: string | null = null;
  const steer = async (control: string, value: unknown): Promise<void> => {
    const reply = await ask('control', { control, value });
    say(answer, reply.error ?? reply.data ?? '');
    mark(answer, 'data-kind', reply.ok ? null : 'refused');
    answer.hidden = reply.ok && !reply.data;
    announce(el, answer.textContent ?? '');
  };
  back.addEventListener('click', () => void steer('restore', 'best'), { signal });
  branch.addEventListener(
    'click',
    () => void steer('branch', { from: 'best', ...remedies[choice.selectedIndex]?.change }),
    { signal },
  );

  follow(model, ['state'], signal, () => {
    const state = model.get('state') as FlagState;
    if (!understood(state)) return;
    const told = state.level !== 'none';
    const done = state.verdict !== null || state.last !== null;
    el.classList.toggle('nnw-quiet', !told && !done);
    mark(card, 'data-level', state.level);
    say(text, state.text);
    text.hidden = !told;
    say(now, state.now ?? '');
    say(why, state.nothing ?? '');
    why.hidden = state.level !== 'raised' || state.nothing === null;
    // What was raised when the panel is opened is no news.
    if (heard !== null && state.text !== heard) announce(el, state.text);
    heard = state.text;
    acts.hidden = state.best === null || !(state.level === 'raised' || done);
    // What became of the last of them, whoever asked for it; an answer that came before says the same.
    if (state.last !== last) {
      last = state.last;
      say(answer, last ?? '');
      mark(answer, 'data-kind', null);
      answer.hidden = last === null;
    }
    say(back, t('Go back to the best ({value})', { value: state.best ?? '' }));
    mark(
      back,
      'title',
      state.open
        ? t('Restore weights, optimizer and random states; the loop goes on from there')
        : t('Restore weights, optimizer and random states; the training is over'),
    );
    if (JSON.stringify(state.remedies) !== JSON.stringify(remedies)) {
      const chosen = choice.value;
      remedies = state.remedies;
      choice.replaceChildren(...remedies.map(({ label }) => element('option', { value: label }, label)));
      if (remedies.some(({ label }) => label === chosen)) choice.value = chosen;
    }
    branching.hidden = remedies.length === 0;
    say(verdict, state.verdict ?? '');
    verdict.hidden = state.verdict === null;
  });
}

export function meaning(): HTMLElement {
  return element(
    'details',
    { class: 'nnw-fold' },
    element('summary', {}, t('What does this mean?')),
    element(
      'p',
      {},
      t(
        'The training loss is measured on the data that the network learns from, the validation loss on data that it never sees. As long as both fall, what it learns holds for new data too. When the training loss goes on falling and the validation loss turns up, the network begins to learn its training data by heart: it overfits. Its answers then depend too much on which samples it happened to see (high variance). When both losses stay high, it is too simple or has not been trained for long enough (high bias).',
      ),
    ),
    element(
      'p',
      {},
      t(
        'A gap between the two losses is normal, and no reason to stop. What helps against overfitting: more data, dropout, a smaller model, weight decay, or the weights of the best epoch. If both losses rise, the training is unstable: a smaller learning rate helps.',
      ),
    ),
  );
}
