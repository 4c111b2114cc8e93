import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Everything in a file of its own: the page runs under `default-src 'self'`, which allows neither inline scripts nor data: URLs.
// Vite asks for the default export.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
  server: { proxy: { '/chat': { target: 'ws://localhost:4444', ws: true } } },
});
