// The pinned series, and nothing else.

import { readable } from '../format/readable';
import { linkTo, place } from '../routing';
import { page } from '../page';
import { parsePins, pins, setPins, togglePin, type Pin } from '../model/pins';
import { QueryChart } from './query_chart';
import { SeriesChart } from './series_chart';

function MissingSeries({ pin }: { pin: Pin }) {
  return (
    <div class="card missing">
      <h3>{readable(pin.key)}</h3>
      <p class="quiet">The server has no such series now.</p>
      <button type="button" onClick={() => togglePin(pin)}>Unpin</button>
    </div>
  );
}

function EmptyBoard() {
  return (
    <div class="card empty">
      <h2>Nothing is pinned yet</h2>
      <p>Find a series under <a href={linkTo('explore')}>Explore</a> and press <b>Pin</b>. The board is kept by this browser; its address shows the same board to others.</p>
    </div>
  );
}

function SharedNote({ shared }: { shared: readonly Pin[] }) {
  return (
    <p class="card shared">
      This board belongs to its address, not to this browser. <button type="button" onClick={() => { setPins(shared); location.hash = linkTo('board'); }}>Make it mine</button>
    </p>
  );
}

export function BoardPage() {
  void page.store.structure.value;
  const shared = place.value.settings.pins ? parsePins(place.value.settings.pins) : null;
  const shown = shared ?? pins.value;
  return (
    <>
      <div class="title-row">
        <h1 class="page-title">Board</h1>
        {shown.length > 0 && !shared && <a class="quiet" href={linkTo('board', { pins: JSON.stringify(shown) })}>Address of this board</a>}
      </div>
      {shared && <SharedNote shared={shared} />}
      {shown.length === 0 && <EmptyBoard />}
      {shown.length > 0 && <h2 class="hidden">Pinned series</h2>}
      <div class="charts">
        {shown.map((pin) => {
          if (pin.view === 'query') return <QueryChart key={`query ${pin.key}`} query={pin.key} />;
          const series = page.store.series.get(pin.key);
          const key = `${pin.view} ${pin.key}`;
          return series ? <SeriesChart key={key} series={series} view={pin.view} /> : <MissingSeries key={key} pin={pin} />;
        })}
      </div>
    </>
  );
}
