// What is asked inside a row: another name, and whether a run is really to go.
import { t } from '../i18n';
import { around, element, mark, say } from './dom';
import type { Reply } from './protocol';

export interface Edit {
  el: HTMLElement;
  /** Where the person begins. */
  focus(): void;
}

let notes = 0;

/** A field in the place of the name. `save` settles with the kernel's answer, and a refusal is shown below. */
export function renameField(name: string, save: (name: string) => Promise<Reply>, close: () => void): Edit {
  notes += 1;
  const note = element(
    'p',
    { class: 'nnw-note', id: `nnw-list-note-${notes}` },
    t('Enter saves, Escape cancels.'),
  );
  const field = element('input', {
    type: 'text',
    class: 'nnw-list-field',
    dir: 'auto',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-label': t('New name of “{name}”', { name }),
    'aria-describedby': note.id,
  });
  field.value = name;
  let saving = false;
  const keep = async (): Promise<void> => {
    const wanted = field.value.trim();
    if (saving) return;
    if (wanted === name) return close();
    saving = true;
    field.readOnly = true;
    const reply = await save(wanted);
    saving = false;
    field.readOnly = false;
    if (reply.ok) return close();
    refuse(note, reply);
    mark(field, 'aria-invalid', 'true');
  };
  field.addEventListener('keydown', (event) => {
    // The Enter that ends the writing of a Chinese or Japanese word is not meant for us.
    if (event.isComposing) return;
    if (event.key === 'Enter') void keep();
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    el: element(
      'div',
      { class: 'nnw-list-edit nnw-list-rename', role: 'group', 'aria-label': t('Rename') },
      field,
      note,
    ),
    focus: () => {
      field.focus();
      field.select();
    },
  };
}

/** A question in the row itself. It begins on Cancel, so that a second Enter deletes nothing. */
export function deleteQuestion(name: string, remove: () => Promise<Reply>, close: () => void): Edit {
  const yes = element('button', { type: 'button', class: 'nnw-button nnw-list-delete' }, t('Delete'));
  const no = element('button', { type: 'button', class: 'nnw-button' }, t('Cancel'));
  const note = element('p', { class: 'nnw-note' });
  const question = element(
    'p',
    {},
    ...around(t('Delete “{name}” for good?'), { name: element('bdi', {}, name) }),
  );
  const el = element(
    'div',
    {
      class: 'nnw-list-edit nnw-list-question',
      role: 'group',
      'aria-label': t('Delete “{name}” for good?', { name }),
    },
    question,
    element('div', { class: 'nnw-group' }, yes, no),
    note,
  );
  let deleting = false;
  yes.addEventListener('click', async () => {
    if (deleting) return;
    // Not `disabled`: a disabled button loses the focus.
    deleting = true;
    mark(yes, 'aria-disabled', 'true');
    const reply = await remove();
    deleting = false;
    mark(yes, 'aria-disabled', null);
    if (reply.ok) close();
    else refuse(note, reply);
  });
  no.addEventListener('click', close);
  el.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });
  return { el, focus: () => no.focus() };
}

function refuse(note: HTMLElement, reply: Reply): void {
  say(note, reply.error ?? t('That did not work.'));
  mark(note, 'data-kind', 'refused');
}
