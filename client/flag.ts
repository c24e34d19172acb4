/** What a flag of the client tool is, and what flags set. */
import type { RelayWord } from "./relays/relay_words.ts";

/** What the tool does in one run. */
export type Action =
  | "ping"
  | "version-check"
  | "room"
  | "echo-test"
  | "signal"
  | "call"
  | "reflect"
  | "nat"
  | "netcheck"
  | "wg-endpoint";

export const ACCEPT_MODES = ["trusted", "generic", "reject"] as const;

/** In the words of the registry; the fourth is unknown. */
export const NAT_TYPES = ["open", "cone", "symmetric"] as const;

export const QUIC_ADAPTERS = ["deno", "matrixai"] as const;

/** What flags set. */
export interface Settings {
  count: number;
  json: boolean;
  quic: typeof QUIC_ADAPTERS[number];
  /** SHA-256 of the only certificate that is accepted. */
  pin?: Uint8Array;
  room?: string;
  /** Seconds. */
  sendTone?: number;
  /** Seconds. */
  echoTest?: number;
  sendFile?: string;
  record?: string;
  metricsFile?: string;
  /** Fingerprint of whom to call. */
  call?: string;
  /** What becomes of incoming calls. */
  accept?: typeof ACCEPT_MODES[number];
  direct: boolean;
  seed?: Uint8Array;
  token?: string;
  alias?: string;
  /** Relays to choose from. */
  choices?: readonly RelayWord[];
  /** URL of a registry, and the token of one that is not public. */
  registry?: string;
  registryToken?: string;
  /** Only relays of this region. */
  region?: string;
  /** Name or address of the relay that is taken while it lives. */
  prefer?: string;
  /** File in which relays are remembered. */
  relayMap?: string;
  /** For `wg-endpoint`: the meeting place of the peers. */
  party?: string;
  partyToken?: string;
  /** WireGuard keys, base64: ours and the peer's. */
  key?: string;
  peer?: string;
  /** Where others reach our WireGuard, if it is known better than we can find out. */
  endpoints?: readonly string[];
  wireguardPort?: number;
  natType?: typeof NAT_TYPES[number];
  watch?: boolean;
}

export interface Flag {
  readonly name: string;
  /** How its value is called in the help; absent for flags without one. */
  readonly value?: string;
  /** The value is every word up to the next flag. */
  readonly words?: true;
  readonly help: string;
  /** Says what to do. `room` is also what happens when only flags that go with it are given. */
  readonly action?: Action;
  /** The action may be named by this word as well, in the place of the first relay. */
  readonly word?: string;
  /** What it goes with; absent for everything. */
  readonly with?: readonly Action[];
  /** Says which relay to use, and so nothing of what to do there. */
  readonly finds?: true;
  /** Throws with one sentence, without its full stop, for a wrong value. */
  apply?(settings: Settings, value: string): void;
}
