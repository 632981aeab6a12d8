// The controls beside the curves: learning rate, dropout, device, size. Each shows what is in force, what was asked for,
// and what became of it.
import { t, tn } from '../i18n';
import { control, fold, type Steer } from './control';
import { element, mark, say } from './dom';
import { asker, follow, type Model } from './model';
import { type ControlsState, understood } from './protocol';
import { rateSlider, slider } from './sliders';
import { snapshotSection } from './snapshots';

const FACTORS = [0.5, 1, 2, 4];

export function renderControls(model: Model, el: HTMLElement, signal: AbortSignal): void {
  const ask = asker(model, signal);
  const steer: Steer = (name, value = null) => ask('control', { control: name, value });

  const rate = rateSection(steer, signal);
  const drop = dropoutSection(steer, signal);
  const device = deviceSection(steer, signal);
  const size = sizeSection(steer, signal);
  const snapshots = snapshotSection(steer, signal);
  const sections = { learning_rate: rate, dropout: drop, device, size, snapshots };
  el.classList.add('nnw-controls');
  mark(el, 'role', 'group');
  mark(el, 'aria-label', t('Controls'));
  const route = element('p', { class: 'nnw-note nnw-route' });
  el.replaceChildren(...Object.values(sections).map((section) => section.root), route);
  void prove(ask);

  follow(model, ['state'], signal, () => {
    const state = model.get('state') as ControlsState;
    if (!understood(state)) return;
    const nothing = Object.values(state.facts).every((facts) => facts === null);
    el.hidden = nothing && state.snapshots.length === 0;
    for (const section of Object.values(sections)) section.show(state);
    say(route, state.route === null ? '' : t('steering: {route}', { route: state.route }));
  });
}

/** Find out how long a message takes to the kernel and back, and tell the kernel. */
async function prove(ask: ReturnType<typeof asker>): Promise<void> {
  const begin = performance.now();
  await ask('ping');
  await ask('ping', performance.now() - begin);
}

type Section = { root: HTMLElement; show(state: ControlsState): void };

function rateSection(steer: Steer, signal: AbortSignal): Section {
  const main = rateSlider(t('Learning rate'), (value) => steer('learning_rate', value), signal);
  const groups = fold(t('Groups'));
  const each: ReturnType<typeof rateSlider>[] = [];
  const section = control(t('Learning rate'), 'learning_rate', main.value, main.root, groups.root);
  return {
    root: section.root,
    show(state) {
      const facts = state.facts.learning_rate;
      section.show(state, facts !== null);
      if (!facts) return;
      main.show(facts.value, state.open);
      groups.root.hidden = facts.groups.length < 2;
      while (each.length < facts.groups.length && facts.groups.length > 1) {
        const i = each.length;
        const made = rateSlider(
          t('Learning rate of {name}', { name: facts.groups[i]?.name ?? i }),
          (value) => steer('learning_rate', { [i]: value }),
          signal,
        );
        each.push(made);
        groups.body.append(
          element(
            'div',
            { class: 'nnw-row' },
            element('span', {}, facts.groups[i]?.name ?? ''),
            made.value,
            made.root,
          ),
        );
      }
      each.forEach((made, i) => {
        made.show(facts.groups[i]?.value ?? null, state.open);
      });
    },
  };
}

function dropoutSection(steer: Steer, signal: AbortSignal): Section {
  const main = slider(t('Dropout'), (value) => steer('dropout', value), signal);
  const layers = fold(t('Layers'));
  const insert = element('button', { type: 'button', class: 'nnw-button' }, t('Insert dropout'));
  const offer = element('div', { class: 'nnw-offer', hidden: true });
  offer.append(element('span', {}), insert);
  let offered: string[] = [];
  insert.addEventListener('click', () => void steer('insert_dropout', { rate: 0.3, after: offered }), {
    signal,
  });
  const section = control(t('Dropout'), 'dropout', main.value, main.root, layers.root, offer);
  let names = '';
  let each: ReturnType<typeof slider>[] = [];
  return {
    root: section.root,
    show(state) {
      const facts = state.facts.dropout;
      section.show(state, facts !== null);
      if (!facts) return;
      const none = facts.layers.length === 0;
      main.root.hidden = main.value.hidden = none;
      offer.hidden = !none;
      if (none) {
        offered = facts.offer;
        insert.hidden = !state.open || offered.length === 0;
        const where = offered.slice(0, 4).join(', ') + (offered.length > 4 ? ' …' : '');
        say(
          offer.firstChild as HTMLElement,
          offered.length
            ? t('This model has no dropout layers. Insert dropout 0.3 after its activations ({where})?', {
                where,
              })
            : t('This model has no dropout layers.'),
        );
      }
      const mean =
        facts.layers.reduce((sum, layer) => sum + layer.rate, 0) / Math.max(1, facts.layers.length);
      main.show(facts.value ?? mean, state.open, facts.value === null ? t('differ') : undefined);
      layers.root.hidden = facts.layers.length < 2;
      const now = facts.layers.map((layer) => layer.name).join('\n');
      if (now !== names) {
        names = now;
        each = facts.layers.map((layer) =>
          slider(
            t('Dropout of {name}', { name: layer.name }),
            (value) => steer('dropout', { [layer.name]: value }),
            signal,
          ),
        );
        layers.body.replaceChildren(
          ...facts.layers.map((layer, i) =>
            element(
              'div',
              { class: 'nnw-row' },
              element('span', { title: layer.name }, layer.name),
              each[i]?.value ?? '',
              each[i]?.root ?? '',
            ),
          ),
        );
      }
      each.forEach((made, i) => {
        made.show(facts.layers[i]?.rate ?? 0, state.open);
      });
    },
  };
}

function deviceSection(steer: Steer, signal: AbortSignal): Section {
  const select = element('select', { class: 'nnw-picker nnw-device', 'aria-label': t('Device') });
  const note = element('p', { class: 'nnw-note' });
  let wanted: string | null = null;
  select.addEventListener(
    'change',
    () => {
      wanted = select.value;
      void steer('device', select.value).then(() => {
        wanted = null;
        show?.();
      });
    },
    { signal },
  );
  const section = control(t('Device'), 'device', null, select, note);
  let offered = '';
  let show: (() => void) | undefined;
  return {
    root: section.root,
    show(state) {
      const facts = state.facts.device;
      section.show(state, facts !== null);
      if (!facts) return;
      if (offered !== facts.options.join('\n')) {
        offered = facts.options.join('\n');
        select.replaceChildren(...facts.options.map((name) => element('option', { value: name }, name)));
      }
      show = () => {
        if (facts.value !== null && wanted === null) select.value = facts.value;
      };
      show();
      select.disabled = !state.open;
      say(note, facts.note ?? '');
    },
  };
}

function sizeSection(steer: Steer, signal: AbortSignal): Section {
  const parameters = element('span', { class: 'nnw-value' });
  const choices = FACTORS.map((factor) => {
    const made = element('button', { type: 'button' }, factor === 0.5 ? '½×' : `${factor}×`);
    made.addEventListener('click', () => void steer('size', factor), { signal });
    return made;
  });
  const group = element(
    'span',
    { class: 'nnw-seg nnw-sizes', role: 'group', 'aria-label': t('Size') },
    ...choices,
  );
  const layers = fold(t('Layers'));
  const deeper = element('button', { type: 'button', class: 'nnw-button' }, t('One more layer'));
  deeper.addEventListener('click', () => void steer('deepen'), { signal });
  const list = element('div', {});
  layers.body.append(list, deeper);
  let opened = false;
  layers.root.addEventListener(
    'toggle',
    () => {
      // Looking at a model's structure takes a moment, so it is done when somebody wants to see it.
      if (layers.root.open && !opened) void steer('look');
      opened = layers.root.open;
    },
    { signal },
  );
  const section = control(t('Size'), 'size', parameters, group, layers.root);
  let drawn = '';
  return {
    root: section.root,
    show(state) {
      const facts = state.facts.size;
      section.show(state, facts !== null);
      if (!facts) return;
      say(
        parameters,
        facts.parameters === null ? '' : tn(facts.parameters, '{n} parameter', '{n} parameters'),
      );
      choices.forEach((made, i) => {
        mark(made, 'aria-pressed', String(facts.value === FACTORS[i]));
        made.disabled = !state.open || facts.refused !== null;
        mark(made, 'title', facts.refused);
      });
      deeper.disabled = !state.open;
      const now = JSON.stringify([facts.layers, facts.refused, facts.looked, state.open]);
      if (now === drawn || list.contains(document.activeElement)) return;
      drawn = now;
      list.replaceChildren(
        ...(facts.refused ? [element('p', { class: 'nnw-note' }, facts.refused)] : []),
        ...facts.layers.map((layer) => {
          const field = element('input', {
            type: 'number',
            min: 1,
            max: 65536,
            value: layer.width,
            'aria-label': t('Width of {name}', { name: layer.name }),
          });
          field.disabled = !state.open;
          field.addEventListener('keydown', (event) => event.key === 'Enter' && field.blur(), { signal });
          field.addEventListener(
            'change',
            () => {
              const width = Number(field.value);
              drawn = '';
              void steer('size', { [layer.name]: width });
            },
            { signal },
          );
          return element(
            'label',
            { class: 'nnw-row' },
            element('span', { title: layer.name }, layer.name),
            field,
          );
        }),
      );
    },
  };
}
