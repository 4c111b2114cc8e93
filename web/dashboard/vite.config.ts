import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Everything in a file of its own: the admin listener allows neither inline scripts nor data: URLs. The icon stands beside the chat page's.
// Vite asks for the default export.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022' },
  server: { proxy: { '/api': 'http://localhost:4445' } },
});
