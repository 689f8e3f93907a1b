// The page's frame: head, state of the connection, and the page that the address names.

import { useEffect, useRef } from 'preact/hooks';
import { TimeControls } from './charts/time_controls';
import { ConnectionBanner, ConnectionState } from './connection';
import { clockText, durationText } from './format/numbers';
import { readable } from './format/readable';
import { Logo } from './icons';
import { page } from './page';
import { BoardPage } from './pages/board';
import { ExplorePage } from './pages/explore';
import { OverviewPage } from './pages/overview';
import { hasFamiliesOfPeers, PeersPage } from './pages/peers';
import { ProfilePage } from './pages/profile';
import { SessionsPage } from './pages/sessions';
import { linkTo, place, type PageName } from './routing';

interface Page {
  readonly name: PageName;
  readonly title: string;
  readonly show: () => preact.JSX.Element;
  /** Whether it has charts of the time that all share; by default it has. */
  readonly hasTime?: (rest: string) => boolean;
}

const PAGES: readonly Page[] = [
  { name: 'overview', title: 'Overview', show: () => <OverviewPage /> },
  { name: 'explore', title: 'Explore', show: () => <ExplorePage /> },
  { name: 'board', title: 'Board', show: () => <BoardPage /> },
  { name: 'sessions', title: 'Sessions', show: () => <SessionsPage />, hasTime: (rest) => rest !== '' },
  { name: 'peers', title: 'Peers', show: () => <PeersPage />, hasTime: (rest) => rest === '' && hasFamiliesOfPeers() },
  { name: 'profile', title: 'Profile', show: () => <ProfilePage />, hasTime: () => false },
];

/** On a narrow screen the row of pages is longer than the screen: the current one is moved into sight. */
function useInSight(current: PageName) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const link = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (list.current && link) list.current.scrollLeft = link.offsetLeft - list.current.offsetLeft - (list.current.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return list;
}

function Navigation() {
  const current = place.value.page;
  const list = useInSight(current);
  return (
    <nav aria-label="Pages">
      <ul ref={list}>
        {PAGES.map(({ name, title }) => (
          <li key={name}><a href={linkTo(name)} aria-current={name === current ? 'page' : undefined}>{title}</a></li>
        ))}
        <li><a href="api">Addresses</a></li>
      </ul>
    </nav>
  );
}

/** Beside the uptime: that the server ran before. */
function Restarted() {
  const last = page.store.restarts.value.at(-1);
  return last === undefined ? null : <span class="restarted number" role="status"><span class="separator"> · </span>restarted at {clockText(last)}</span>;
}

function Uptime() {
  const { server, uptimeSeconds } = page.store;
  if (!server.value) return null;
  return <p class="server">{readable(server.value)}<span class="separator"> · </span>up <span class="number">{durationText(uptimeSeconds.value)}</span><Restarted /></p>;
}

export function App() {
  const shown = PAGES.find(({ name }) => name === place.value.page) ?? PAGES[0];
  useEffect(() => { document.title = `${shown?.title ?? ''} · kymo`; }, [shown]);
  const skip = (event: Event) => {
    event.preventDefault();
    document.getElementById('content')?.focus();
  };
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>Skip to content</a>
      <header class="page-head">
        <div class="brand"><Logo /><span>kymo</span></div>
        <Navigation />
        <div class="status"><Uptime /><ConnectionState /></div>
      </header>
      <ConnectionBanner />
      {(shown?.hasTime?.(place.value.rest) ?? true) && <TimeControls />}
      <main id="content" tabIndex={-1}>{shown?.show()}</main>
    </>
  );
}
