// The panel's own views in one module: anywidget loads it once for each and asks it to render.
import { addCatalogues } from '../i18n';
import catalogues from '../i18n/panel.catalogues';
import { inLanguage } from '../i18n/views';
import { renderControls } from './controls';
import { renderFlag } from './flag';
import { renderFoot } from './foot';
import { renderHead } from './head';
import { renderLegend } from './legend';
import type { Model } from './model';
import { renderPage } from './page';
import { renderPoints } from './points';
import { renderRunlist } from './runlist';

const VIEWS: Record<string, (model: Model, el: HTMLElement, signal: AbortSignal) => void> = {
  head: renderHead,
  flag: renderFlag,
  controls: renderControls,
  legend: renderLegend,
  page: renderPage,
  points: renderPoints,
  foot: renderFoot,
  runlist: renderRunlist,
};

addCatalogues(catalogues);

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const life = new AbortController();
  const view = VIEWS[String(model.get('view'))];
  if (view) inLanguage(model, life.signal, (signal) => view(model, el, signal));
  return () => life.abort();
}

export default { render };
