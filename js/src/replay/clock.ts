// Where a playback stands and how it goes on. It knows no page: time is given to it.

/** Milliseconds that a whole run takes at speed 1. */
export const WHOLE = 20_000;
export const SPEEDS = [0.5, 1, 2, 4] as const;
/** Milliseconds of one frame at most: a page that was hidden goes on where it was. */
const FRAME = 100;

export class Clock {
  /** The step, maybe a fraction, at which the playback is. */
  step: number;
  playing = false;
  speed: number = 1;
  /** Whether anything was ever played or sought: before, the finished run is shown. */
  begun = false;
  /** Where a playback without motion is on its way to. */
  #hidden = 0;

  constructor(
    public end: number,
    /** The steps at which a playback without motion stands still, or null where it moves. */
    public stops: readonly number[] | null = null,
  ) {
    this.step = end;
  }

  get over(): boolean {
    return this.step >= this.end;
  }

  /** The share of the run that is shown, 0 to 1. */
  get share(): number {
    return this.step / this.end;
  }

  /** Play on; from the beginning where the end is shown. */
  play(): void {
    if (this.over) this.seek(0);
    this.begun = this.playing = true;
    this.#hidden = this.step;
  }

  pause(): void {
    this.playing = false;
  }

  seek(step: number): void {
    this.step = this.#hidden = Math.min(this.end, Math.max(0, step));
    this.begun = true;
    if (this.over) this.playing = false;
  }

  /** Go on by some milliseconds, none where a frame began before the playing; return whether anything is to be drawn. */
  advance(ms: number): boolean {
    if (!this.playing) return false;
    const before = this.step;
    const due = (Math.min(Math.max(ms, 0), FRAME) * this.speed * this.end) / WHOLE;
    this.#hidden = Math.min(this.end, this.#hidden + due);
    this.step = this.stops
      ? Math.max(before, this.stops.filter((stop) => stop <= this.#hidden).at(-1) ?? 0)
      : this.#hidden;
    if (this.over) this.playing = false;
    return this.step !== before || !this.playing;
  }

  /** Go over to a run of another length: the step stays, and the end stays the end. */
  change(end: number, stops: readonly number[] | null): void {
    const over = this.over;
    this.end = end;
    this.stops = stops;
    this.step = over ? end : Math.min(this.step, end);
    this.#hidden = this.step;
    if (this.over) this.playing = false;
  }
}
