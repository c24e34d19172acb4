/** Runs the suites one after the other and ends with one line: `N passed, M failed`. Started by tests/run. */
import { parseArgs } from "node:util";
import { moduleGraph } from "../../tools/house/module_graph.ts";
import { root } from "../../tools/house/root.ts";
import { sources } from "../../tools/house/sources.ts";
import { NOTHING, type Outcome, sum, summary } from "../../tools/testing/outcome.ts";
import { installPackages } from "./debian_packages.ts";
import { endLeftovers, MARK } from "./leftovers.ts";
import { judgeSkips } from "./skips.ts";
import { executable, type Suite, SUITES } from "./suites.ts";

const USAGE = `Usage: tests/run [--soak] [--only SUITE]...

  --soak        run the long forms of the tests
  --only SUITE  run this suite only; one of ${SUITES.map(({ name }) => name).join(", ")}`;

/** For everything, so that a machine that hangs does not hold others up; the long forms have no such end. */
const TOTAL_LIMIT_MS = 24 * 60_000;
const SOAK_FACTOR = 10;

async function main(soak: boolean, only: readonly string[]): Promise<Outcome> {
  const graph = moduleGraph(sources(root));
  const wanted = SUITES.filter((suite) => only.length === 0 || only.includes(suite.name));
  const chosen = wanted.filter((suite) => suite.exists(graph));
  for (const suite of wanted) {
    if (!chosen.includes(suite)) {
      console.log(`No ${suite.name} tests: tests/${suite.name}/ has none.`);
    }
  }
  if (chosen.some((suite) => suite.needsExecutable) && !chosen.includes(executable)) {
    chosen.unshift(executable);
  }
  await installPackages(chosen.map(({ name }) => name));

  const env = { [MARK]: mark, ...soak && { RELAY_TEST_SOAK: "1" } };
  const end = performance.now() + (soak ? Infinity : TOTAL_LIMIT_MS);
  const outcomes: Outcome[] = [];
  let built = true;
  for (const suite of chosen) {
    console.log(`\n== ${suite.name}`);
    if (suite.needsExecutable && !built) {
      outcomes.push({
        ...NOTHING,
        failed: [`${suite.name}: not run, the executable was not built`],
      });
      continue;
    }
    const start = performance.now();
    const limitMs = Math.min(suite.limitMinutes * 60_000 * (soak ? SOAK_FACTOR : 1), end - start);
    const outcome = judgeSkips(
      await guarded(suite, () => suite.run({ graph, soak, env, limitMs })),
      {
        mustBeComplete: suite.complete === true && Deno.env.get("CI") === "true" &&
          Deno.uid() === 0,
      },
    );
    if (suite === executable) built = outcome.failed.length === 0;
    for (const process of await endLeftovers(mark)) {
      console.log(`Ended a process left behind: ${process}`);
    }
    console.log(
      `${suite.name}: ${summary(outcome)}, ${((performance.now() - start) / 1000).toFixed(1)} s`,
    );
    outcomes.push(outcome);
  }
  return sum(outcomes);
}

/** A suite that throws has failed; the others are still run. */
async function guarded({ name }: Suite, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return {
      ...NOTHING,
      failed: [`${name}: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        soak: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const unknown = values.only.find((name) => !SUITES.some((suite) => suite.name === name));
    if (unknown !== undefined) throw new TypeError(`There is no suite ${unknown}`);
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    Deno.exit(64);
  }
}

const mark = crypto.randomUUID();
const { soak, only, help } = readOptions();
if (help) {
  console.log(USAGE);
  Deno.exit();
}
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    await endLeftovers(mark);
    Deno.exit(signal === "SIGINT" ? 130 : 143);
  });
}
const outcome = await main(soak, only);
console.log();
for (const name of outcome.skipped) console.log(`SKIPPED ${name}`);
for (const name of outcome.failed) console.log(`FAILED ${name}`);
console.log(summary(outcome));
Deno.exit(outcome.failed.length > 0 || outcome.passed === 0 ? 1 : 0);
