// Files that the page makes and gives to the person.
import { t } from '../i18n';
import { element } from './dom';

/** Px of a side of a picture at most: browsers draw nothing on a larger canvas. */
const LARGEST = 8000;

/** Draw an SVG on a canvas, twice as large so that it is sharp, smaller where it would be too large. */
export async function rastered(svg: Blob): Promise<Blob> {
  const url = URL.createObjectURL(svg);
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const [width, height] = [picture.naturalWidth, picture.naturalHeight];
    const scale = Math.min(2, LARGEST / width, LARGEST / height);
    const canvas = element('canvas', { width: Math.ceil(scale * width), height: Math.ceil(scale * height) });
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((settle, refuse) =>
      canvas.toBlob(
        (blob) => (blob ? settle(blob) : refuse(new Error(t('The browser made no picture.')))),
        'image/png',
      ),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after the click; it has it long before this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
