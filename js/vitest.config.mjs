import { defineConfig } from 'vitest/config';
import { forVitest as catalogues } from './scripts/catalogues.mjs';

export default defineConfig({
  plugins: [catalogues],
  test: {
    environment: 'jsdom',
    setupFiles: ['tests/setup.ts'],
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
  },
});
