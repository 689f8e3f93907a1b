// Bundles the unit tests, since they are TypeScript, and runs them.   node run_unit.mjs FOLDER

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const [folder = 'build/web/unit'] = process.argv.slice(2);
const source = fileURLToPath(new URL('unit', import.meta.url));
const tests = readdirSync(source).filter((name) => name.endsWith('.test.ts'));
await build({
  configFile: false,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: { ssr: true, outDir: folder, emptyOutDir: true, rollupOptions: { input: tests.map((name) => join(source, name)), output: { entryFileNames: '[name].mjs' } } },
});
const files = tests.map((name) => join(folder, name.replace(/\.ts$/, '.mjs')));
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
