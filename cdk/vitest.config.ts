import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["lib/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    globalSetup: "./test/temporary-folders.ts",
  },
});
