/** Named checks, one line each as they are made; ends with `N passed, N failed`. */
export type Report = {
  /** `faults` empty means passed; at most ten of them are shown. */
  check(name: string, faults: readonly string[], note?: string): void;
  note(text: string): void;
  /** Prints the sum; true when nothing failed. */
  end(): boolean;
};

const SHOWN = 10;

export function createReport(): Report {
  let passed = 0;
  let failed = 0;
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  return {
    check(name, faults, note = "") {
      if (faults.length === 0) passed += 1;
      else failed += 1;
      print(`${faults.length === 0 ? "ok    " : "FAILED"} ${name}${note && `  (${note})`}`);
      for (const fault of faults.slice(0, SHOWN)) print(`         ${fault}`);
      if (faults.length > SHOWN) print(`         and ${faults.length - SHOWN} more`);
    },
    note: (text) => print(`       ${text}`),
    end() {
      print(`${passed} passed, ${failed} failed`);
      return failed === 0;
    },
  };
}
