// The panel's own views in one module: anywidget loads it once for each and asks it to render.
import { renderControls } from './controls';
import { renderFlag } from './flag';
import { renderFoot } from './foot';
import { renderHead } from './head';
import { renderLegend } from './legend';
import type { Model } from './model';
import { renderPage } from './page';
import { renderRunlist } from './runlist';

const VIEWS: Record<string, (model: Model, el: HTMLElement, signal: AbortSignal) => void> = {
  head: renderHead,
  flag: renderFlag,
  controls: renderControls,
  legend: renderLegend,
  page: renderPage,
  foot: renderFoot,
  runlist: renderRunlist,
};

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const life = new AbortController();
  VIEWS[String(model.get('view'))]?.(model, el, life.signal);
  return () => life.abort();
}

export default { render };
