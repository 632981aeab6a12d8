// What is drawn as a file: SVG, and PNG made of it.
import { download, rastered } from '../panel/files';
import { fileName } from '../panel/format';
import { drawBox, drawHeader, drawLabel, drawLink } from './draw';
import type { Picture } from './picture';
import { SvgPen, svgElement } from './svg_pen';

const MARGIN = 16;

/** Give the person a file named after the model. */
export async function save(picture: Picture, kind: 'svg' | 'png'): Promise<void> {
  const drawn = svgBlob(picture);
  const blob = kind === 'svg' ? drawn : await rastered(drawn);
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
