// A trace, opened by the engine of the browser's performance panel: it must find the scopes that there were, each in the one that it
// was in.   node --test trace.test.mjs, with KYMO_BIN; tools/trace does it

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

// The engine asks for these when it is loaded; it was made for a page.
globalThis.window = globalThis;
globalThis.DOMRect = class {
  static fromRect() {
    return new globalThis.DOMRect();
  }
};

const { Processor } = await import('@paulirish/trace_engine/models/trace/trace.js');

function record(seed) {
  const folder = mkdtempSync(join(tmpdir(), 'kymo-trace-'));
  try {
    const [trace, expected] = [join(folder, 'trace.json'), join(folder, 'expected.json')];
    execFileSync(join(process.env.KYMO_BIN, 'profile_trace_print'), [String(seed), trace, expected]);
    return { trace: JSON.parse(readFileSync(trace, 'utf8')), expected: JSON.parse(readFileSync(expected, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const nested = (node) => ({ name: node.entry.name, inside: node.children.map(nested) });

/** Scopes by thread, as the engine has them. */
async function opened(trace) {
  const processor = Processor.TraceProcessor.createWithAllHandlers();
  await processor.parse(trace.traceEvents, {});
  const threads = {};
  for (const { threads: ofProcess } of processor.data.Renderer.processes.values()) {
    for (const thread of ofProcess.values()) threads[thread.name] = [...thread.tree.roots].map(nested);
  }
  return threads;
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`every scope is where it was, seed ${seed}`, async () => {
    const { trace, expected } = record(seed);
    assert.deepEqual(await opened(trace), expected);
    assert.equal(trace.otherData.dropped_events, 0);
  });
}

test('a scope that is moved would be found', async () => {
  const { trace, expected } = record(6);
  const inner = trace.traceEvents.find((event) => event.ph === 'X');
  inner.ts += 1e9;
  assert.notDeepEqual(await opened(trace), expected);
});
