// Where the time goes: the scopes that a program marks, while the profiler is on.

import { readable } from '../format/readable';
import { useRef, useState } from 'preact/hooks';
import { amountText, durationText } from '../format/numbers';
import { parseProfile, parseSwitched, type Command, type Profile, type ProfiledThread } from '../model/profile';
import { ask, fromJson, fromText, lastKnown, type Answer } from '../protocol/ask';
import { place } from '../routing';
import { FlamePanel } from './flame_panel';
import { Hotspots, SLOW_MS, USUAL_SLOW_MS } from './hotspots';
import { EVERY_MS, usePolled } from './polled';

const ASKED = 500;
const EVERY_WHILE_OFF_MS = 10_000;
const READ_PROFILE = fromJson(parseProfile);
const READ_FOLDED = fromText((folded) => folded);
const READ_SWITCHED = fromJson(parseSwitched);

const SCOPE_LINES = `#include <kymo/profile/profile.h>

void Room::mix() {
  KYMO_PROFILE_SCOPE("room.mix");  // times the rest of the block`;

function Cost({ clockNs }: { clockNs: number | null }) {
  return (
    <p class="quiet">
      While the profiler is off, a scope costs a load and a branch, about a nanosecond. While it is on, each call costs two readings of
      the clock{clockNs !== null && <>, <span class="number">{clockNs.toFixed(0)} ns</span> each on this machine,</>} and some ten nanoseconds more.
    </p>
  );
}

function HowToMark() {
  return (
    <>
      <p>A function is seen here once it is marked with one line:</p>
      <pre tabIndex={0}><code>{SCOPE_LINES}</code></pre>
    </>
  );
}

function IsMissing() {
  return <div class="card empty"><h2>This server has no profiler</h2><p>Its kymo was built without one, or it serves only a part of the addresses.</p></div>;
}

function IsOff({ profile }: { profile: Profile }) {
  return (
    <div class="card empty">
      <h2>The profiler is off</h2>
      <p><b>Start</b> turns it on in the running process; <code>KYMO_PROFILE=true</code> in its environment, or <code>profile: true</code> in its configuration, does so from the start.</p>
      <Cost clockNs={profile.clockNs} />
      <HowToMark />
    </div>
  );
}

function IsEmpty() {
  return <div class="card empty"><h2>Nothing is recorded yet</h2><p>The profiler is on, and no marked scope has ended since.</p><HowToMark /></div>;
}

function stateText({ isOn, seconds }: Profile): string {
  const lasted = seconds !== null && seconds > 0 ? durationText(seconds) : '';
  if (isOn) return lasted ? `on for ${lasted}` : 'on';
  return lasted ? `off; the figures are of ${lasted}` : 'off';
}

/** The buttons, and the result of the last one. */
function Controls({ profile, onDone }: { profile: Profile; onDone: () => void }) {
  const [why, setWhy] = useState('');
  const send = (command: Command) => async () => {
    const answer = await ask(`api/profile/${command}`, READ_SWITCHED, 'POST');
    setWhy(answer.kind === 'failed' ? answer.why : answer.kind === 'missing' ? 'the server has no such address' : '');
    onDone();
  };
  return (
    <>
      <div class="segments" role="group" aria-label="Profiler">
        {profile.isOn ? <button type="button" onClick={() => void send('stop')()}>Stop</button> : <button type="button" onClick={() => void send('start')()}>Start</button>}
        <button type="button" onClick={() => void send('reset')()}>Reset</button>
      </div>
      {why !== '' && <p role="status">That was not done: {why}.</p>}
    </>
  );
}

function Files() {
  return (
    <p class="files quiet">
      <a href="api/profile/trace" download="kymo-trace.json">Trace for Perfetto</a>
      <a href="api/profile/folded" download="kymo-folded.txt">Folded stacks</a>
    </p>
  );
}

function Process({ profile: { process, droppedEvents } }: { profile: Profile }) {
  const facts = [
    ['CPU', amountText(process.cpuPercent === null ? null : process.cpuPercent / 100, 'ratio')],
    ['Memory', amountText(process.residentBytes, 'bytes')],
    ['Threads', amountText(process.threads)],
    ['Open files', amountText(process.openFiles)],
    ['Too old for the trace', droppedEvents ? `${amountText(droppedEvents)} scopes` : '–'],
  ].filter(([, value]) => value !== '–');
  if (facts.length === 0) return null;
  return <dl class="card facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd class="number">{value}</dd></div>)}</dl>;
}

function Threads({ threads }: { threads: readonly ProfiledThread[] }) {
  if (threads.length === 0) return null;
  const byTime = [...threads].sort((a, b) => (b.total ?? 0) - (a.total ?? 0));
  return (
    <section class="panel" aria-labelledby="threads">
      <h2 id="threads">Threads</h2>
      <div class="card table-card" tabIndex={0} role="region" aria-label="Threads by time">
        <table>
          <thead><tr><th scope="col" class="words">Thread</th><th scope="col" class="number">Id</th><th scope="col" class="number">In scopes</th></tr></thead>
          <tbody>
            {byTime.map((thread, i) => (
              <tr key={`${thread.id} ${i}`}><th scope="row">{readable(thread.name) || '(no name)'}</th><td class="number">{thread.id ?? '–'}</td><td class="number">{amountText(thread.total, 'seconds')}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function slowMsOf(setting: string | undefined): number {
  return SLOW_MS.find((one) => String(one) === setting) ?? USUAL_SLOW_MS;
}

/** Known data stay while a request with another limit runs. */
function useKept(answer: Answer<Profile>): Profile | undefined {
  const kept = useRef<Profile>();
  kept.current = lastKnown(answer) ?? (answer.kind === 'asking' ? kept.current : undefined);
  return kept.current;
}

export function ProfilePage() {
  const slowMs = slowMsOf(place.value.settings.slow);
  const [turn, setTurn] = useState(0);
  const answer = usePolled(`api/profile?limit=${ASKED}&slow_ms=${slowMs}`, READ_PROFILE, { turn });
  const profile = useKept(answer);
  const hasScopes = (profile?.scopes.length ?? 0) > 0;
  const folded = lastKnown(usePolled('api/profile/folded', READ_FOLDED, { when: hasScopes, everyMs: profile?.isOn ? EVERY_MS : EVERY_WHILE_OFF_MS, turn }));
  return (
    <>
      <div class="title-row profile-head">
        <h1 class="page-title">Profile</h1>
        {profile && <p class="quiet number">{stateText(profile)}</p>}
        {profile && <Controls profile={profile} onDone={() => setTurn(turn + 1)} />}
        {answer.kind === 'failed' && <p class="quiet" role="status">The server does not send the profile: {answer.why}. Asking again each second.</p>}
        {profile && hasScopes && <Files />}
      </div>
      {answer.kind === 'asking' && !profile && <p class="waiting">Asking for the profile …</p>}
      {answer.kind === 'missing' && <IsMissing />}
      {profile && !hasScopes && (profile.isOn ? <IsEmpty /> : <IsOff profile={profile} />)}
      {profile && hasScopes && (
        <>
          <Process profile={profile} />
          {folded !== undefined && <FlamePanel folded={folded} />}
          <Hotspots scopes={profile.scopes} slowMs={slowMs} />
          <Threads threads={profile.threads} />
          <Cost clockNs={profile.clockNs} />
        </>
      )}
    </>
  );
}
