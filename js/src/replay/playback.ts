// What is played and how it is looked at: the one state that all parts of a player show.
import type { Axis } from '../panel/protocol';
import { Choice } from './choice';
import { Clock } from './clock';
import type { Lesson, LessonRun } from './protocol';
import { Recording } from './recording';
import type { View } from './view';

/**
 * What happened: the playback moved (each frame), words about it are due (a dozen times a second at most), somebody
 * went to a step, it plays or rests, another run is shown, or the curves are looked at in another way.
 */
export type Happening = 'moved' | 'told' | 'sought' | 'played' | 'run' | 'look';

/** Milliseconds between two changes of the words: a number that changes with each frame cannot be read. */
const WORDS = 80;

export class Playback {
  readonly choice: Choice;
  readonly clock: Clock;
  readonly view: View;
  /** Which tab is open, and which metric the second chart shows. */
  tab = 'curves';
  second: string | null = null;
  #shown: number;
  readonly #recordings = new Map<number, Recording>();
  readonly #listeners = new Map<Happening, Set<() => void>>();
  #frame: number | null = null;
  #told = 0;

  constructor(
    readonly lesson: Lesson,
    readonly still: boolean,
    signal: AbortSignal,
  ) {
    this.choice = new Choice(lesson);
    this.#shown = lesson.runs[lesson.first] ? lesson.first : 0;
    const first = this.recording;
    this.clock = new Clock(first.end, still ? first.stops : null);
    this.view = { x: first.epochs.known ? 'epoch' : 'step', log: false, smoothing: 0.7 };
    this.second = first.further;
    signal.addEventListener('abort', () => {
      this.clock.pause();
      this.#rest();
      this.#listeners.clear();
    });
  }

  /** Which of the runs is shown. */
  get shown(): number {
    return this.#shown;
  }

  get recording(): Recording {
    return this.recordingOf(this.#shown);
  }

  recordingOf(run: number): Recording {
    const known = this.#recordings.get(run);
    if (known) return known;
    const made = new Recording(this.lesson.runs[run] as LessonRun);
    this.#recordings.set(run, made);
    return made;
  }

  /** The run that nobody changed, where another one is shown. */
  get ghost(): Recording | null {
    const { baseline, runs } = this.lesson;
    return baseline !== this.#shown && runs[baseline] ? this.recordingOf(baseline) : null;
  }

  get step(): number {
    return this.clock.step;
  }

  on(happenings: Happening[], signal: AbortSignal, callback: () => void): void {
    for (const one of happenings) {
      const all = this.#listeners.get(one) ?? new Set();
      this.#listeners.set(one, all.add(callback));
      signal.addEventListener('abort', () => all.delete(callback));
    }
  }

  toggle(): void {
    if (this.clock.playing) this.pause();
    else this.play();
  }

  play(): void {
    this.clock.play();
    this.#say('played');
    this.#moved(true);
    this.#go();
  }

  pause(): void {
    if (!this.clock.playing) return;
    this.clock.pause();
    this.#rest();
    this.#say('played');
    this.#moved(true);
  }

  /** Go to a step, and play on from there if it played. */
  seek(step: number): void {
    const { playing, begun } = this.clock;
    this.clock.seek(step);
    if (playing !== this.clock.playing || !begun) this.#say('played');
    this.#moved(true);
    this.#say('sought');
  }

  /** Stand again where it stood, also where nothing had been played. */
  restore({ step, begun }: { step: number; begun: boolean }): void {
    this.clock.pause();
    this.clock.seek(step);
    this.clock.begun = begun;
    this.#say('played');
    this.#moved(true);
  }

  speed(speed: number): void {
    this.clock.speed = speed;
    this.#say('played');
  }

  /** Show another run, at the same step. */
  show(run: number): void {
    if (run === this.#shown || !this.lesson.runs[run]) return;
    this.#shown = run;
    const { recording } = this;
    this.clock.change(recording.end, this.still ? recording.stops : null);
    if (!recording.axes.includes(this.view.x)) this.view.x = 'step';
    if (this.second === null || !recording.run.metrics.includes(this.second)) {
      this.second = recording.further;
    }
    this.#say('run');
    this.#say('played');
    this.#moved(true);
  }

  look(view: Partial<{ x: Axis; log: boolean; smoothing: number; second: string }>): void {
    const { second, ...rest } = view;
    Object.assign(this.view, rest);
    if (second !== undefined) this.second = second;
    this.#say('look');
    this.#moved(true);
  }

  #go(): void {
    let before = performance.now();
    const frame = (now: number): void => {
      this.#frame = null;
      const moved = this.clock.advance(now - before);
      before = now;
      if (moved) this.#moved(!this.clock.playing);
      if (this.clock.playing) this.#frame = requestAnimationFrame(frame);
      else this.#say('played');
    };
    this.#rest();
    this.#frame = requestAnimationFrame(frame);
  }

  #rest(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #moved(now: boolean): void {
    this.#say('moved');
    const time = performance.now();
    if (!now && time - this.#told < WORDS) return;
    this.#told = time;
    this.#say('told');
  }

  #say(happening: Happening): void {
    for (const callback of [...(this.#listeners.get(happening) ?? [])]) callback();
  }
}
