/** Two people, their call and what is said in it, for the tests of direct calls. */
import assert from "node:assert/strict";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { ADVERTISED, answer, type Client, offer, person, type Rig } from "./testing_rig.ts";

export const ALICE = person(1);
export const BOB = person(2);
export const MALLORY = person(3);
export const ID = "18a5f2c3d4e5f607";
export const A = { addr: "192.0.2.1:40001", local: ["192.168.1.5:40001", "[fd00::5]:40001"] };
export const B = { addr: "198.51.100.2:40002", local: ["10.0.0.2:40002"] };

export const aliceOffers = offer(ALICE.fingerprint, BOB.fingerprint, {
  caller_alias: "Alice",
  caller_reflexive_addr: A.addr,
  caller_local_addrs: A.local,
  caller_build_version: "9377a90",
  supported_profiles: [{
    codec: "Opus24k",
    fec_ratio: 0.2,
    frame_duration_ms: 20,
    frames_per_block: 5,
  }],
});
export const delivered = { ...aliceOffers, caller_reflexive_addr: null, caller_local_addrs: [] };
export const ringing: KnownSignal = { type: "CallRinging", call_id: ID };
export const report: SignalOf<"MediaPathReport"> = {
  type: "MediaPathReport",
  call_id: ID,
  direct_ok: true,
  race_winner: "Direct",
};
export const trusting = answer("AcceptTrusted", {
  callee_reflexive_addr: B.addr,
  callee_local_addrs: B.local,
  callee_build_version: "9377a90",
});
export const setup = (addr: string | null = null, local: readonly string[] = []): KnownSignal => ({
  type: "CallSetup",
  call_id: ID,
  room: `call-${ID}`,
  relay_addr: ADVERTISED,
  peer_direct_addr: addr,
  peer_local_addrs: local,
  ext: null,
});

export async function pair(rig: Rig): Promise<[Client, Client]> {
  return [await rig.register(ALICE), await rig.register(BOB)];
}

/** Alice has called, Bob has been told, both have heard what there was to hear. */
export async function ring(rig: Rig): Promise<[Client, Client]> {
  const [alice, bob] = await pair(rig);
  assert.deepEqual(await alice.ask(aliceOffers), [ringing]);
  assert.deepEqual(bob.take(), [delivered]);
  return [alice, bob];
}

/** The call is accepted and set up. */
export async function talk(rig: Rig): Promise<[Client, Client]> {
  const [alice, bob] = await ring(rig);
  await bob.ask(answer("AcceptGeneric"));
  alice.take();
  assert.equal(rig.service.calls.find(ID)!.state, "active");
  return [alice, bob];
}
