/** Runs `deno test` on some files in a process of its own and says what became of each test. */
import { type ModuleGraph, reaches } from "../house/module_graph.ts";
import { NOTHING, type Outcome, readJunit, sum } from "./outcome.ts";

export interface TestRun {
  /** For messages. */
  readonly name: string;
  /** Paths from the root. */
  readonly files: readonly string[];
  readonly root: string;
  readonly limitMs: number;
  /** Several files at a time; otherwise one after the other. */
  readonly parallel?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Program and arguments the test process is started through. */
  readonly through?: readonly string[];
}

/** All files in one process, but each that loads the native QUIC addon alone: two threads loading it crash. */
export async function runTests(run: TestRun, graph: ModuleGraph): Promise<Outcome> {
  const alone = run.files.filter((file) => reaches(graph, file, "@matrixai/"));
  const together = run.files.filter((file) => !alone.includes(file));
  const deadline = performance.now() + run.limitMs;
  const outcomes: Outcome[] = [];
  for (const files of [together, ...alone.map((file) => [file])]) {
    const limitMs = deadline - performance.now();
    if (files.length > 0) outcomes.push(await runProcess({ ...run, files, limitMs }));
  }
  return sum(outcomes);
}

async function runProcess(run: TestRun): Promise<Outcome> {
  const report = await Deno.makeTempFile({ prefix: "wzp-tests-", suffix: ".xml" });
  const [program = "", ...args] = [
    ...run.through ?? [],
    Deno.execPath(),
    "test",
    "-A",
    // Types are checked once, for everything.
    "--no-check",
    ...run.parallel ? ["--parallel"] : [],
    `--junit-path=${report}`,
    ...run.files.map((file) => `./${file}`),
  ];
  try {
    const child = new Deno.Command(program, {
      args,
      cwd: run.root,
      env: { ...run.env },
      stdin: "null",
    }).spawn();
    const late = await endOrKill(child, Math.max(0, run.limitMs));
    const { success, code, signal } = await child.status;
    const outcome = readJunit(await Deno.readTextFile(report));
    const none = outcome.passed + outcome.failed.length + outcome.skipped.length === 0;
    const problem = late
      ? `stopped after ${Math.round(run.limitMs / 1000)} s in the middle of a test`
      : !success && outcome.failed.length === 0
      ? `failed outside its tests (${signal ?? `exit ${code}`})`
      : none
      ? "ran no test"
      : null;
    if (problem === null) return outcome;
    const where = run.files.length > 3 ? `${run.files.length} files` : run.files.join(", ");
    return sum([outcome, { ...NOTHING, failed: [`${run.name}: ${problem}: ${where}`] }]);
  } finally {
    await Deno.remove(report);
  }
}

/** Waits for the end; true if it had to be brought about. */
export async function endOrKill(child: Deno.ChildProcess, limitMs: number): Promise<boolean> {
  const timers: ReturnType<typeof setTimeout>[] = [];
  const signalAfter = (ms: number, signal: Deno.Signal) =>
    new Promise<true>((resolve) =>
      timers.push(setTimeout(() => {
        child.kill(signal);
        resolve(true);
      }, ms))
    );
  const ended = child.status.then(() => false as const);
  try {
    if (!await Promise.race([ended, signalAfter(limitMs, "SIGTERM")])) return false;
    await Promise.race([ended, signalAfter(GRACE_MS, "SIGKILL")]);
    await child.status;
    return true;
  } finally {
    timers.forEach(clearTimeout);
  }
}

/** Between asking a late process to end and ending it. */
const GRACE_MS = 5_000;
