import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { onLanguage } from '../i18n';
import { element, mark, say } from '../panel/dom';
import type { DeskLink } from './desk';
import { type DeskRun, foremost, isOpen } from './desk_status';
import type { Desks } from './desks';
import { lineOf, titleOf } from './line';

/** Milliseconds for which the end of a training stays in the status bar. */
const LINGER_MS = 60_000;

/** The foremost training of the active notebook in the status bar; nothing where none goes on. */
export class StatusItem extends Widget {
  constructor(
    private readonly desks: Desks,
    open: () => void,
  ) {
    super();
    this.addClass('nnw-status');
    this.button.addEventListener('click', open);
    this.node.append(this.button);
    desks.currentChanged.connect(this.follow, this);
    onLanguage(() => this.draw(), this.ending.signal);
    this.follow();
  }

  readonly activeChanged = new Signal<this, void>(this);

  get isActive(): boolean {
    return this.run !== null;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    clearTimeout(this.timer);
    this.ending.abort();
    this.link?.changed.disconnect(this.draw, this);
    super.dispose();
  }

  private follow(): void {
    this.link?.changed.disconnect(this.draw, this);
    this.link = this.desks.current?.link ?? null;
    this.link?.changed.connect(this.draw, this);
    this.open = null;
    this.draw();
  }

  private draw(): void {
    const wasActive = this.isActive;
    const run = foremost(this.link?.status ?? null);
    this.run = run !== null && this.isWorthSaying(run) ? run : null;
    if (this.run !== null) {
      say(this.button, lineOf(this.run));
      mark(this.button, 'title', titleOf(this.run, this.desks.current?.widget.title.label ?? ''));
      mark(this.button, 'data-flag', this.run.flag === 'raised' ? '' : null);
    }
    if (this.isActive !== wasActive) this.activeChanged.emit();
  }

  /** One that goes on, and for a minute one that was seen to end. */
  private isWorthSaying(run: DeskRun): boolean {
    if (isOpen(run)) {
      this.open = run.id;
      clearTimeout(this.timer);
      this.timer = undefined;
      return true;
    }
    if (run.id !== this.open) return false;
    this.timer ??= setTimeout(() => {
      this.open = null;
      this.timer = undefined;
      this.draw();
    }, LINGER_MS);
    return true;
  }

  private readonly ending = new AbortController();
  private readonly button = element('button', { type: 'button' });
  private link: DeskLink | null = null;
  private run: DeskRun | null = null;
  /** The run that was seen going on. */
  private open: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
}
