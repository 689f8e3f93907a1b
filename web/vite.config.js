import { defineConfig } from 'vite';

// The same sources give the same bytes: no hashes, no maps, no time, and relative addresses, so that the page also works
// below a prefix that a proxy adds.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none', charset: 'utf8' },
  build: {
    target: 'es2022',
    outDir: process.env.KYMO_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    sourcemap: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        inlineDynamicImports: true,
        entryFileNames: 'assets/dashboard.js',
        assetFileNames: (asset) => (asset.names[0]?.endsWith('.css') ? 'assets/dashboard.css' : 'assets/[name][extname]'),
      },
    },
  },
});
