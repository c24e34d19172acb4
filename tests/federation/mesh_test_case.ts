/** Registers a test that gets a mesh of its own, and shows what the relays printed and dropped when it fails. */
import { readPage } from "../../admin/metrics/testing_page.ts";
import { ask, httpAddress } from "../process/raw_http.ts";
import type { MeshNode } from "./mesh_node.ts";
import { Mesh, type MeshOptions } from "./mesh_rig.ts";
import { within } from "./within.ts";

/** No test of a mesh takes nearly as long, however busy the machine. */
const TEST_LIMIT_MS = 150_000;
const SHOWN_LINES = 60;
const ASK_MS = 5_000;
const DROPS = /(_dropped|_deduped|_rate_limited)_total$/;

/** With `idle` the relays are not started. */
export function meshTest(
  name: string,
  options: MeshOptions & { readonly idle?: boolean },
  run: (mesh: Mesh) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using mesh = options.idle ? Mesh.make(options) : await Mesh.start(options);
    await watched(mesh, () => within(TEST_LIMIT_MS, "the end of this test", () => run(mesh)));
  });
}

/** What goes wrong in `run` is told with the last lines of every relay and what it has dropped. */
export async function watched(mesh: Mesh, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const told = mesh.nodes.map(({ name, output }) =>
      `--- relay ${name}\n${output.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n")}`
    );
    const dropped = await Promise.all(mesh.nodes.map(drops));
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n${told.join("\n")}\n${dropped.join("\n")}\n${reason}`, {
      cause: error,
    });
  }
}

/** What a relay has counted of packets it did not pass on. */
async function drops(node: MeshNode): Promise<string> {
  if (!node.running) return `relay ${node.name} does not run`;
  try {
    const page = await within(
      ASK_MS,
      "its metrics",
      async () => readPage((await ask(await httpAddress(node.relay), "/metrics")).body),
    );
    const samples = [...page.values()].flatMap(({ samples }) => samples)
      .filter(({ name, value }) => DROPS.test(name) && value > 0)
      .map(({ name, labels, value }) => `${name} ${Object.values(labels)} ${value}`);
    return `relay ${node.name}: ${samples.join(", ") || "nothing dropped"}`;
  } catch (error) {
    return `relay ${node.name} does not tell what it dropped: ${error}`;
  }
}
