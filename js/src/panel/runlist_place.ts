// An order of elements made with few moves.

/**
 * Let a list have these children in this order. `kept` is never moved, because what is moved loses the focus and its
 * scroll position; the others are put around it.
 */
export function place(list: Element, wanted: Element[], kept: Element | null): void {
  const staying = new Set(wanted);
  for (const child of [...list.children]) if (!staying.has(child)) child.remove();
  const [first] = wanted;
  if (first === undefined) return;
  const at = kept?.parentElement === list ? wanted.indexOf(kept) : -1;
  if (at >= 0) {
    for (let i = at - 1; i >= 0; i -= 1) before(wanted[i + 1] as Element, wanted[i] as Element);
  } else if (list.firstElementChild !== first) {
    if (list.firstElementChild?.nextElementSibling === first) list.firstElementChild.remove();
    else list.prepend(first);
  }
  for (let i = Math.max(at, 0) + 1; i < wanted.length; i += 1)
    after(wanted[i - 1] as Element, wanted[i] as Element);
}

// Where one element is in the way, that one leaves, and is put back when it is its turn: otherwise a row that goes
// from the top to the end would make all the others move.
function after(here: Element, wanted: Element): void {
  const next = here.nextElementSibling;
  if (next === wanted) return;
  if (next?.nextElementSibling === wanted) next.remove();
  else here.after(wanted);
}

function before(here: Element, wanted: Element): void {
  const last = here.previousElementSibling;
  if (last === wanted) return;
  if (last?.previousElementSibling === wanted) last.remove();
  else here.before(wanted);
}
