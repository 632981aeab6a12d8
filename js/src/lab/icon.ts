import { LabIcon } from '@jupyterlab/ui-components';

/** Three losses that fall. */
export const curvesIcon = new LabIcon({
  name: 'nnwidgets:curves',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M3 3h2v16h16v2H3z"/>
    <path d="M7 4.2c.9 6.6 3.2 10.6 14 11.6v1.7C9.6 16.600 6.300 12.300 5.600 4.400z"/>
    <path d="M10.200 4c.8 4.700 3 7.600 10.800 8.500v1.600C12.300 13.200 9.600 9.700 8.700 4.200z"/>
    <path d="M14 4c.6 2.900 2.200 4.600 7 5.200v1.600c-5.600-.7-7.800-3-8.500-6.600z"/>
  </g>
</svg>`,
});
