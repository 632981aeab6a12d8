// What is drawn as a file: SVG, and PNG made of it.
import { element } from '../panel/dom';
import { fileName } from '../panel/format';
import { drawBox, drawHeader, drawLabel, drawLink } from './draw';
import type { Picture } from './picture';
import { SvgPen, svgElement } from './svg_pen';

const MARGIN = 16;
/** Px of a side of a PNG at most: browsers draw nothing on a larger canvas. */
const LARGEST = 8000;

/** Give the person a file named after the model. */
export async function save(picture: Picture, kind: 'svg' | 'png'): Promise<void> {
  const blob = kind === 'svg' ? svgBlob(picture) : await pngBlob(picture);
  download(blob, `${fileName(picture.graph.groups[0]?.name ?? 'graph')}.${kind}`);
}

/** The whole drawing as SVG, with nothing selected. */
export function pictureSvg(drawn: Picture): SVGSVGElement {
  const picture = { ...drawn, lit: null, selected: -1, hovered: -1 };
  const { scene, look } = picture;
  const [width, height] = [Math.ceil(scene.width) + 2 * MARGIN, Math.ceil(scene.height) + 2 * MARGIN];
  const svg = svgElement('svg', {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': look.font,
  });
  const world = svgElement('g', { transform: `translate(${MARGIN} ${MARGIN})` });
  svg.append(svgElement('rect', { width, height, fill: look.paper }), world);
  const pen = new SvgPen(world);
  const places = Array.from(scene.parts, (_, place) => place);
  const [frames, closed] = [places.filter((i) => scene.open[i]), places.filter((i) => !scene.open[i])];
  for (const place of frames) drawBox(pen, picture, place);
  for (let link = 0; link < scene.marks.length; link++) drawLink(pen, picture, link);
  for (const place of closed) drawBox(pen, picture, place);
  for (let label = 0; label < scene.labelArrays.length; label++) drawLabel(pen, picture, label);
  for (const place of frames) drawHeader(pen, picture, place);
  return svg;
}

function svgBlob(picture: Picture): Blob {
  return new Blob([new XMLSerializer().serializeToString(pictureSvg(picture))], { type: 'image/svg+xml' });
}

/** The drawing as PNG, twice as large so that it is sharp, smaller where it would be too large. */
async function pngBlob(picture: Picture): Promise<Blob> {
  const url = URL.createObjectURL(svgBlob(picture));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const scale = Math.min(2, LARGEST / width, LARGEST / height);
    const canvas = element('canvas', { width: Math.ceil(scale * width), height: Math.ceil(scale * height) });
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((settle, refuse) =>
      canvas.toBlob((blob) => (blob ? settle(blob) : refuse(new Error('no picture'))), 'image/png'),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after the click; it has it long before this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
