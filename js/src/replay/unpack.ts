// From the text in a page to a lesson; what cannot be played is said in a sentence.
import { t } from '../i18n';
import { type Column, LESSON, type Lesson } from './protocol';

/** Say in a sentence why a page cannot be played. */
export class LessonError extends Error {
  override name = 'LessonError';
}

const SIZES = { f4: 4, f8: 8, i4: 4 } as const;

/** The lesson in base64 of gzipped JSON. Raises a LessonError for people. */
export async function unpack(base64: string): Promise<Lesson> {
  if (typeof DecompressionStream === 'undefined') {
    throw new LessonError(
      t('This browser is too old to play a training: it cannot unpack what is recorded here.'),
    );
  }
  let lesson: Lesson;
  try {
    lesson = JSON.parse(await unzipped(bytesOf(base64), 'gzip')) as Lesson;
  } catch {
    throw new LessonError(
      t('The recording in this page is damaged: a part of it is missing or was changed.'),
    );
  }
  return checked(lesson);
}

/** The lesson, if this player can show it. */
export function checked(lesson: Lesson): Lesson {
  if (Number(lesson?.lesson) > LESSON) {
    throw new LessonError(
      t('This page was made by nnwidgets {version}, and its player is older. Export it again.', {
        version: String(lesson.made_by ?? '?'),
      }),
    );
  }
  if (lesson?.lesson !== LESSON || !Array.isArray(lesson.runs)) {
    throw new LessonError(
      t('The recording in this page is damaged: a part of it is missing or was changed.'),
    );
  }
  if (lesson.runs.length === 0) throw new LessonError(t('No run is recorded in this page.'));
  return lesson;
}

export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The numbers of a column. Bytes that are left over at its end are no number. */
export function numbersOf(column: Column | null): Float64Array {
  if (column === null) return new Float64Array();
  const bytes = bytesOf(column.data);
  const size = SIZES[column.type];
  const view = new DataView(bytes.buffer);
  const numbers = new Float64Array(Math.floor(bytes.length / size));
  for (let i = 0; i < numbers.length; i++) {
    if (column.type === 'f4') numbers[i] = view.getFloat32(i * size, true);
    else if (column.type === 'f8') numbers[i] = view.getFloat64(i * size, true);
    else numbers[i] = view.getInt32(i * size, true);
  }
  return numbers;
}

export async function unzipped(bytes: Uint8Array, format: CompressionFormat): Promise<string> {
  const { readable, writable } = new DecompressionStream(format);
  const writer = writable.getWriter();
  // What is not whole is refused at both ends; the reading end tells.
  writer.write(bytes as BufferSource).catch(() => {});
  writer.close().catch(() => {});
  return new Response(readable).text();
}
