/** Links of a relay that come and go for a long time, and what that does to the relay. */
import { residentKilobytes } from "../../bench/rig/processes.ts";
import { everybodySees, Mesh, type Person } from "./mesh_rig.ts";
import { conversation, settled } from "./talk.ts";
import { mutual, star } from "./topology.ts";
import { limitOf } from "./within.ts";

/** After each round. */
export interface FlapSample {
  readonly seconds: number;
  readonly flaps: number;
  readonly residentKb: number;
}

/** People are still there when a relay is stopped. */
const CONFIG = "drain_timeout = 1\n";

/** What is in the middle is never restarted. */
const MIDDLE = 0;
/** Forgotten and learned again by a reload. */
const FORGOTTEN = 1;
/** Killed and started again. */
const KILLED = 2;
/** Asked to end and started again. */
const STOPPED = 3;

/** A star of relays whose middle loses links in every way there is; everybody is back after each round, and heard. */
export class Flapping implements AsyncDisposable {
  readonly samples: FlapSample[] = [];
  readonly mesh: Mesh;
  readonly #began = performance.now();
  #people: Person[];
  #flaps = 0;

  static async start(): Promise<Flapping> {
    const mesh = await Mesh.start({ size: 4, edges: mutual(star(4)), config: () => CONFIG });
    try {
      const people = await Promise.all(mesh.nodes.map((_, i) => mesh.join(i)));
      await everybodySees(people);
      return new Flapping(mesh, people);
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(mesh: Mesh, people: Person[]) {
    this.mesh = mesh;
    this.#people = people;
  }

  /** Three links are lost and made again. */
  async round(): Promise<void> {
    await this.#forget();
    for (const i of [KILLED, STOPPED]) {
      const node = this.mesh.node(i);
      await (i === KILLED ? node.kill() : node.stop());
      await node.start();
      this.#people[i] = await this.mesh.join(i);
      this.#flaps++;
    }
    await everybodySees(this.#people);
    const clients = this.#people.map(({ client }) => client);
    await settled(clients, limitOf("recovery"));
    await conversation(clients, 10);
    this.samples.push({
      seconds: (performance.now() - this.#began) / 1_000,
      flaps: this.#flaps,
      residentKb: await residentKilobytes(this.mesh.node(MIDDLE).relay.pid),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mesh[Symbol.asyncDispose]();
  }

  async #forget(): Promise<void> {
    const middle = this.mesh.node(MIDDLE);
    const known = middle.acquaintances;
    const { name } = this.mesh.node(FORGOTTEN);
    middle.acquaintances = known.filter(({ label }) => label !== name);
    await middle.reload();
    const left = this.#people.filter((_, i) => i !== FORGOTTEN);
    await everybodySees(left);
    middle.acquaintances = known;
    await middle.reload();
    this.#flaps++;
    await everybodySees(this.#people);
  }
}

/**
 * How much more memory is resident at the end than before, in KB: the last quarter of the samples against the second one,
 * since what a process takes for good it takes in the beginning.
 */
export function growth(samples: readonly FlapSample[]): number {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) throw new RangeError("Four samples are needed to see growth");
  const mean = (part: readonly FlapSample[]) =>
    part.reduce((sum, { residentKb }) => sum + residentKb, 0) / part.length;
  return mean(samples.slice(-quarter)) - mean(samples.slice(quarter, 2 * quarter));
}

/** More than that in ten minutes is no noise: some ten KB for each lost link. */
export const MAX_GROWTH_KB = 8 * 1024;
