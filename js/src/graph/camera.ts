// Which part of the drawing is seen, and how large.

/** A place in the drawing is seen at scale × place + (x, y), in px of the page. */
export interface Camera {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Left, top, right, bottom. */
export type Area = [number, number, number, number];

const LARGEST = 4;
/** Letters are hard to read below this. */
const READABLE = 0.6;
const MARGIN = 16;

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Show everything. */
export function fitted(world: Size, view: Size, largest = 1): Camera {
  const scale = Math.min(
    largest,
    (view.width - 2 * MARGIN) / Math.max(1, world.width),
    (view.height - 2 * MARGIN) / Math.max(1, world.height),
  );
  const size = Math.max(scale, 1e-4);
  return {
    scale: size,
    x: (view.width - size * world.width) / 2,
    y: (view.height - size * world.height) / 2,
  };
}

/** Show everything if it can be read then, else the beginning of it, which is at `first` in its width. */
export function begun(world: Size, view: Size, first: number): Camera {
  const whole = fitted(world, view);
  if (whole.scale >= READABLE) return whole;
  const scale = clamp((view.width - 2 * MARGIN) / world.width, READABLE, 0.85);
  const room = view.width - scale * world.width;
  const x = room >= 2 * MARGIN ? room / 2 : clamp(view.width / 2 - scale * first, room - MARGIN, MARGIN);
  return { scale, x, y: MARGIN };
}

/** Zoom so that what is at a place of the page stays there. */
export function zoomed(camera: Camera, factor: number, x: number, y: number, smallest: number): Camera {
  const scale = clamp(camera.scale * factor, smallest, LARGEST);
  const ratio = scale / camera.scale;
  return { scale, x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio };
}

/** Keep a corner of the drawing in sight, wherever it is pushed. */
export function kept(camera: Camera, world: Size, view: Size): Camera {
  const edge = 48;
  return {
    scale: camera.scale,
    x: clamp(camera.x, edge - camera.scale * world.width, view.width - edge),
    y: clamp(camera.y, edge - camera.scale * world.height, view.height - edge),
  };
}

/** What is seen of the drawing, in its own px. */
export function seen(camera: Camera, view: Size): Area {
  return [
    -camera.x / camera.scale,
    -camera.y / camera.scale,
    (view.width - camera.x) / camera.scale,
    (view.height - camera.y) / camera.scale,
  ];
}

/** Bring a box into sight, in the middle and large enough to read; a camera that shows it well stays as it is. */
export function centred(camera: Camera, area: Area, view: Size, always: boolean): Camera {
  const [left, top, right, bottom] = area;
  const scale = Math.max(camera.scale, Math.min(0.9, (view.width * 0.9) / (right - left)));
  const inside = seen(camera, view);
  const visible = left >= inside[0] && top >= inside[1] && right <= inside[2] && bottom <= inside[3];
  if (visible && !always && camera.scale >= READABLE * 0.8) return camera;
  const tall = scale * (bottom - top) > view.height;
  return {
    scale,
    x: view.width / 2 - (scale * (left + right)) / 2,
    y: tall ? MARGIN - scale * top : view.height / 2 - (scale * (top + bottom)) / 2,
  };
}

/** Move as little as brings a box into sight, as far as it has room. */
export function nudged(camera: Camera, [left, top, right, bottom]: Area, view: Size): Camera {
  const by = (offset: number, from: number, to: number, length: number): number => {
    const [low, high] = [offset + camera.scale * from, offset + camera.scale * to];
    if (low < MARGIN || high - low > length - 2 * MARGIN) return low < 0 || low > length ? MARGIN - low : 0;
    return Math.min(0, length - MARGIN - high);
  };
  return {
    scale: camera.scale,
    x: camera.x + by(camera.x, left, right, view.width),
    y: camera.y + by(camera.y, top, bottom, view.height),
  };
}
