// Where to look after a group was opened or closed.
import { type Area, type Camera, type Size, seen } from './camera';
import type { Shown } from './shown';

const MARGIN = 24;

/** What was clicked stays under the pointer. */
export function held(camera: Camera, before: Area, after: Area): Camera {
  return {
    ...camera,
    x: camera.x + (before[0] - after[0]) * camera.scale,
    y: camera.y + (before[1] - after[1]) * camera.scale,
  };
}

/** A large group begins in its middle: bring its first member into sight, if it is not; null where nothing is to do. */
export function atBeginning(shown: Shown, part: number, camera: Camera, view: Size): Camera | null {
  const first = shown.tree.members(part).find((member) => shown.place(member) >= 0);
  const [frame, area] = [shown.area(part), first === undefined ? null : shown.area(first)];
  if (!shown.open.has(part) || !frame || !area) return null;
  const [left, , right] = seen(camera, view);
  if (area[0] >= left && area[2] <= right) return null;
  const { scale } = camera;
  return { scale, x: view.width / 2 - (scale * (area[0] + area[2])) / 2, y: MARGIN - scale * frame[1] };
}
