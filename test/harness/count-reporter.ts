import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one countable line, and names the suites that were not run and why. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    const skipped = new Map<string, number>();
    for (const module of modules) {
      if (
        module.state() === "failed" &&
        [...module.children.allTests()].every((test) => test.result().state !== "failed")
      )
        failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failed += 1;
        else skipped.set(module.relativeModuleId, (skipped.get(module.relativeModuleId) ?? 0) + 1);
      }
    }
    for (const [file, count] of skipped) process.stdout.write(`not run: ${count} of ${file}\n`);
    process.stdout.write(`tests: ${passed} passed, ${failed} failed\n`);
  }
}
