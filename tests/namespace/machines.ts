/** Relays and clients on machines of their own: the mesh in network namespaces, clients as processes there. */
import type { Network } from "../harness/namespaces.ts";
import { RelayProcess } from "../harness/relay_process.ts";
import { Mesh, type MeshOptions } from "../federation/mesh_rig.ts";
import type { MeshNode } from "../federation/mesh_node.ts";
import { within } from "../federation/within.ts";

const PORT = 4433;

/** A mesh whose relays are on these machines, in this order; they run. */
export function meshOn(
  network: Network,
  machines: readonly string[],
  options: Pick<MeshOptions, "edges" | "config">,
): Promise<Mesh> {
  return Mesh.start({
    ...options,
    size: machines.length,
    addresses: machines.map((machine) => ({ ip: network.address(machine), port: PORT })),
    through: (i) => network.command(machines[i]!),
  });
}

/** Somebody in a room, on a machine; what the client tool prints of the room is read. */
export class RoomWatcher implements AsyncDisposable {
  readonly alias: string;
  readonly process: RelayProcess;

  static async join(
    network: Network,
    machine: string,
    node: MeshNode,
    alias: string,
    ...more: readonly string[]
  ): Promise<RoomWatcher> {
    const args = ["client", "--room", "general", "--alias", alias, ...more];
    const process = await RelayProcess.spawn({
      args: [...args, node.url],
      through: network.command(machine),
    });
    return new RoomWatcher(alias, process);
  }

  private constructor(alias: string, process: RelayProcess) {
    this.alias = alias;
    this.process = process;
  }

  /** Aliases on the latest list, in order. */
  get present(): string[] {
    const last = this.process.stdout.text.match(/^in the room: .*\n/gm)?.at(-1);
    if (last === undefined) return [];
    return last.slice("in the room: ".length).trim().split(", ")
      .map((one) => one.split(" ")[0] ?? "").sort();
  }

  /** Waits until exactly these are on the list. */
  async sees(aliases: readonly string[], limitMs: number): Promise<void> {
    const due = aliases.toSorted().join();
    const tell = () => `${this.alias} sees ${this.present} and not ${due}`;
    await within(limitMs, tell, async (over) => {
      while (this.present.join() !== due && !over.aborted) {
        const from = this.process.stdout.text.length;
        await this.process.stdout.match(/^in the room: .*\n/m, limitMs, from).catch(() => {});
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}
