/** Relays in a row with real switchboards and the real federation of calls, and people who move between its ends. */
import { CallsRig } from "../../federation/calls/testing_calls.ts";
import { chain } from "../../federation/testing_mesh_graph.ts";
import type { Identity } from "../../proto/identity.ts";
import type { Signal } from "../../proto/signal/mod.ts";
import { ALICE, aliceOffers, BOB, ID } from "../../relay/calls/testing_call.ts";
import { answer, type Client, hangup, Rig, settle } from "../../relay/calls/testing_rig.ts";

/** Longer than offer or answer take, however slow the links. */
const SET_UP_MS = 2_000;

/** The two ends of the row. */
export type End = "first" | "last";

/** Somebody in the call, with a connection to each end at most. */
export class Mover {
  readonly #row: CallRow;
  readonly #at = new Map<End, Client>();
  /** Whether a relay has said that the call is over. */
  told = false;
  /** What relays have said apart from that. */
  readonly said: Signal[] = [];

  constructor(row: CallRow, readonly who: Identity) {
    this.#row = row;
  }

  /** Ends at which this party has the call. */
  get ends(): End[] {
    return [...this.#at.keys()];
  }

  at(end: End): Client {
    return this.#at.get(end)!;
  }

  async register(end: End): Promise<void> {
    const how = { signed: true, caps: ["drain", "adopt"] };
    this.#at.set(end, await this.#row.site(end).register(this.who, how));
  }

  /** Registers as our client does that comes with its call, and stays if the room of the call is open to it then. */
  async come(end: End): Promise<boolean> {
    await this.register(end);
    const { calls } = this.#row.site(end).service;
    if (calls.mayJoin(ID, this.who.fingerprint)) return true;
    await this.leave(end);
    return false;
  }

  async leave(end: End): Promise<void> {
    const client = this.at(end);
    this.hear();
    this.#at.delete(end);
    await client.leave();
  }

  async hangUp(end: End): Promise<void> {
    this.at(end).say(hangup("Normal", ID));
    await settle();
  }

  /** Takes what all its connections have heard. */
  hear(): void {
    for (const client of this.#at.values()) {
      for (const message of client.take()) {
        if (message.type === "Hangup" && message.call_id === ID) this.told = true;
        else this.said.push(message);
      }
    }
  }
}

export class CallRow {
  readonly sites: readonly Rig[];
  readonly mesh: CallsRig;
  readonly alice = new Mover(this, ALICE);
  readonly bob = new Mover(this, BOB);

  constructor(
    readonly relays: number,
    options: ConstructorParameters<typeof CallsRig>[2] = {},
  ) {
    this.sites = Array.from({ length: relays }, () => new Rig());
    const local = (index: number) => this.sites[index]!.service.remoteParties;
    this.mesh = new CallsRig(relays, chain(relays), options, local);
    this.sites.forEach((site, index) => site.remote = this.mesh.node(index).calls);
    this.mesh.directory.set(ALICE.fingerprint, [0]);
    this.mesh.directory.set(BOB.fingerprint, [relays - 1]);
  }

  /** Alice at the first relay talks to Bob at the last one. */
  static async talking(...how: ConstructorParameters<typeof CallRow>): Promise<CallRow> {
    const row = new CallRow(...how);
    const { alice, bob } = row;
    await alice.register("first");
    await bob.register("last");
    alice.at("first").say(aliceOffers);
    await row.pass(SET_UP_MS, SET_UP_MS);
    bob.at("last").say(answer("AcceptGeneric"));
    await row.pass(SET_UP_MS, SET_UP_MS);
    for (const mover of [alice, bob]) mover.said.length = 0;
    return row;
  }

  site(end: End): Rig {
    return this.sites.at(end === "first" ? 0 : -1)!;
  }

  /** Time passes for links and relays alike. */
  async pass(ms = 400, stepMs = 100): Promise<void> {
    const steps = Math.max(1, Math.ceil(ms / stepMs));
    for (let step = 0; step < steps; step++) {
      await settle();
      this.mesh.run(ms / steps);
      for (const site of this.sites) site.clock.advance(ms / steps);
    }
    await settle();
    for (const mover of [this.alice, this.bob]) mover.hear();
  }

  /** Calls at each relay, and ways that each remembers. */
  get left(): { readonly calls: number[]; readonly ways: number[] } {
    return {
      calls: this.sites.map(({ service }) => service.calls.size),
      ways: this.mesh.ways(),
    };
  }
}
