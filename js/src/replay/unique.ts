// Names for elements that refer to each other. A page may hold several players, each in a module that knows no other:
// counted from one, the switches of two players would be one group, in which only one of all is chosen.

const module = Math.random().toString(36).slice(2, 10);
let count = 0;

export function unique(): string {
  count += 1;
  return `nnw-${module}-${count}`;
}
