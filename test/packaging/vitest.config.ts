import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/packaging/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000 },
});
