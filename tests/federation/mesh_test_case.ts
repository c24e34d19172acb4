/** Registers a test that gets a mesh of its own, and shows what the relays printed when it fails. */
import { Mesh, type MeshOptions } from "./mesh_rig.ts";
import { within } from "./within.ts";

/** No test of a mesh takes nearly as long, however busy the machine. */
const TEST_LIMIT_MS = 150_000;
const SHOWN_LINES = 60;

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

/** What goes wrong in `run` is told with the last lines of every relay. */
export async function watched(mesh: Mesh, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const told = mesh.nodes.map(({ name, output }) =>
      `--- relay ${name}\n${output.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n")}`
    );
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n${told.join("\n")}`, { cause: error });
  }
}
