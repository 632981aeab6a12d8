// Which groups are open before anybody opens one.
import { groupOf, isGroup, TOP } from './data';
import { MOST } from './levels';
import type { Tree } from './tree';

/** Boxes that are drawn at first, about. */
const FIRST = 40;

/** Open groups from the outermost inwards, all of one class in a layer or none of them; what is folded stays closed. */
export function firstOpen(tree: Tree): Set<number> {
  const open = new Set<number>();
  const { graph } = tree;
  let layer = tree.members(TOP).filter((part) => isGroup(graph, part));
  let visible = tree.members(TOP).length;
  const [root] = layer;
  // The model itself says nothing while it is closed, whatever it holds.
  if (layer.length === 1 && root !== undefined && tree.members(root).length <= MOST) {
    open.add(root);
    visible += tree.members(root).length;
    layer = tree.members(root).filter((part) => isGroup(graph, part));
  }
  while (layer.length > 0) {
    const classes = new Map<string, number[]>();
    for (const part of layer) {
      const group = groupOf(graph, part);
      if (!group || (group.repeat ?? 1) > 1) continue;
      const same = classes.get(group.type) ?? [];
      classes.set(group.type, [...same, part]);
    }
    const costs = [...classes.values()].map((parts) => ({
      parts,
      cost: parts.reduce((sum, part) => sum + tree.members(part).length, 0),
    }));
    costs.sort((one, other) => one.cost - other.cost);
    layer = [];
    for (const { parts, cost } of costs) {
      if (visible + cost > FIRST) break;
      visible += cost;
      for (const part of parts) {
        open.add(part);
        layer.push(...tree.members(part).filter((member) => isGroup(graph, member)));
      }
    }
  }
  return open;
}
