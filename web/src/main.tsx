import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/charts.css';
import { App } from './app';
import { followColorScheme, palette } from './charts/palette';
import { pausedAt, span } from './charts/view_window';
import { page } from './page';
import { startRouting } from './routing';

followColorScheme();
startRouting();
page.frames.watch(page.store.version, span, pausedAt, palette);
page.client.start();
const root = document.getElementById('app');
if (root) render(<App />, root);
