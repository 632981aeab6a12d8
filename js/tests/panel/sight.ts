// An IntersectionObserver that a test moves: jsdom lays nothing out.
type Callback = (entries: { isIntersecting: boolean }[]) => void;

export class Sight {
  static all: Sight[] = [];
  ended = false;
  constructor(readonly callback: Callback) {
    Sight.all.push(this);
  }
  observe(): void {}
  disconnect(): void {
    this.ended = true;
  }
  /** Say to the last one made that its element came into view, or left it. */
  static see(isIntersecting: boolean): void {
    Sight.all.at(-1)?.callback([{ isIntersecting }]);
  }
}
