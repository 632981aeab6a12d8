// What the two painters have in common.
import type { Camera, Size } from './camera';
import type { Picture } from './picture';

export interface Painter {
  readonly el: Element;
  paint(picture: Picture, camera: Camera, view: Size): void;
}
