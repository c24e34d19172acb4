/** The suites of tests/run, in order, and how each is run. */
import { join } from "node:path";
import type { ModuleGraph } from "../../tools/house/module_graph.ts";
import { root } from "../../tools/house/root.ts";
import { isTest } from "../../tools/house/rules.ts";
import { NOTHING, type Outcome, sum } from "../../tools/testing/outcome.ts";
import { endOrKill, runTests } from "../../tools/testing/test_process.ts";

export interface Context {
  readonly graph: ModuleGraph;
  readonly soak: boolean;
  /** For every child process. */
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

export interface Suite {
  readonly name: string;
  readonly limitMinutes: number;
  /** Where the built executable is needed. */
  readonly needsExecutable?: boolean;
  /** With `CI=true` and root nothing here may be skipped. */
  readonly complete?: boolean;
  /** Whether there is anything to run. */
  exists(graph: ModuleGraph): boolean;
  run(context: Context): Promise<Outcome>;
}

const ok: Suite = {
  name: "ok",
  limitMinutes: 6,
  exists: () => true,
  async run({ env, limitMs }) {
    const report = await Deno.makeTempFile({ prefix: "wzp-ok-", suffix: ".json" });
    try {
      const args = ["task", "ok"];
      const { success, late } = await runProgram(Deno.execPath(), args, {
        ...env,
        RELAY_TEST_OUTCOME: report,
      }, limitMs);
      const text = await Deno.readTextFile(report);
      const outcome: Outcome = text === "" ? NOTHING : JSON.parse(text);
      const consistent = text !== "" && success === (outcome.failed.length === 0);
      if (consistent && !late) return outcome;
      return sum([outcome, {
        ...NOTHING,
        failed: ["ok: crashed or stopped after its time limit"],
      }]);
    } finally {
      await Deno.remove(report);
    }
  },
};

/** Not tests in a folder, but the step that makes what the later suites run. */
export const executable: Suite = {
  name: "executable",
  limitMinutes: 6,
  exists: () => true,
  async run({ env, limitMs }) {
    const { success } = await runProgram(join(root, "compile.sh"), [], env, limitMs);
    const name = "compile.sh builds ./wzp-relay and its smoke test passes";
    return success ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: [name] };
  },
};

interface FolderOptions extends Partial<Suite> {
  /** Its files share nothing and mostly wait, so several run at a time. */
  readonly parallel?: boolean;
}

function folder(
  name: string,
  limitMinutes: number,
  { parallel = false, ...more }: FolderOptions = {},
): Suite {
  const files = (graph: ModuleGraph) =>
    [...graph.keys()].filter((path) => path.startsWith(`tests/${name}/`) && isTest(path));
  return {
    name,
    limitMinutes,
    exists: (graph) => files(graph).length > 0,
    async run({ graph, env, limitMs }) {
      const through = name === "namespace" ? await rootInNamespace() : [];
      const run = { name, files: files(graph), root, limitMs, env, through, parallel };
      return await runTests(run, graph);
    },
    ...more,
  };
}

export const SUITES: readonly Suite[] = [
  ok,
  executable,
  folder("contract", 5),
  folder("rooms", 3),
  folder("build", 5),
  folder("process", 8, { needsExecutable: true }),
  folder("discovery", 8, { needsExecutable: true, parallel: true }),
  folder("federation", 6, { needsExecutable: true, parallel: true }),
  folder("failover", 8, { needsExecutable: true, parallel: true }),
  folder("namespace", 6, { needsExecutable: true, complete: true }),
  folder("browser", 8, { needsExecutable: true, complete: true }),
];

/** Without root, a user namespace in which we are root, if the kernel gives us one. */
async function rootInNamespace(): Promise<string[]> {
  if (Deno.uid() === 0) return [];
  const words = [
    "unshare",
    "-rmn",
    "--",
    "sh",
    "-c",
    'mount -t tmpfs none /run && exec "$@"',
    "sh",
  ];
  try {
    const [program = "", ...args] = [...words, "true"];
    const { success } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? words : [];
  } catch {
    return [];
  }
}

async function runProgram(path: string, args: string[], env: Context["env"], limitMs: number) {
  const child = new Deno.Command(path, { args, cwd: root, env, stdin: "null" }).spawn();
  const late = await endOrKill(child, limitMs);
  return { late, success: (await child.status).success };
}
