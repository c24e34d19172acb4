/** The public keys of all groups, and who may reach whom by them. */
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { Allowance } from "./allowance.ts";
import { KEY_BYTES, Mac1Key } from "./mac1.ts";

/** Handshakes a key gets from addresses that have proven nothing. WireGuard sends one in 5 s. */
const STRANGERS_PER_SECOND = 50;
const STRANGERS_BURST = 100;
/** Whatever a registry says. */
export const MAX_KEYS = 20_000;
export const MAX_GROUP_KEYS = 256;

export interface Group {
  readonly name: string;
  readonly keys: readonly GroupKey[];
}

export class GroupKey {
  /** Base64. */
  readonly id: string;
  readonly mac1: Mac1Key;
  groups: readonly Group[] = [];
  /** Of handshakes from addresses that have proven nothing. */
  readonly strangers: Allowance;

  constructor(id: string, publicKey: Uint8Array, now: number) {
    this.id = id;
    this.mac1 = new Mac1Key(publicKey);
    this.strangers = new Allowance(STRANGERS_PER_SECOND, STRANGERS_BURST, now);
  }

  mayReach(other: GroupKey): boolean {
    return other !== this && this.groups.some((group) => other.groups.includes(group));
  }

  /** All that it may reach. */
  neighbours(): GroupKey[] {
    const found = companions([this]);
    found.delete(this);
    return [...found];
  }
}

/** Every key of every group that one of these is in. */
export function companions(keys: Iterable<GroupKey>): Set<GroupKey> {
  const groups = new Set<Group>();
  for (const key of keys) for (const group of key.groups) groups.add(group);
  const found = new Set<GroupKey>();
  for (const group of groups) for (const key of group.keys) found.add(key);
  return found;
}

export class KeyRing {
  #keys = new Map<string, GroupKey>();
  #list: readonly GroupKey[] = [];
  #groups = 0;
  readonly #wanted: { own: readonly UdpGroup[]; party: readonly UdpGroup[] } = {
    own: [],
    party: [],
  };

  get keys(): readonly GroupKey[] {
    return this.#list;
  }

  get groups(): number {
    return this.#groups;
  }

  /** Replaces the groups of one origin; those of the other stay. A key that stays is the same object as before. */
  replace(origin: "own" | "party", groups: readonly UdpGroup[], now: number): void {
    this.#wanted[origin] = groups;
    const before = this.#keys;
    const keys = new Map<string, GroupKey>();
    const memberships = new Map<GroupKey, Group[]>();
    this.#groups = 0;
    for (const { name, keys: texts } of [...this.#wanted.own, ...this.#wanted.party]) {
      const members = new Set<GroupKey>();
      const group: Group = { name, keys: [] };
      for (const id of texts) {
        if (members.size >= MAX_GROUP_KEYS) break;
        const key = keys.get(id) ?? before.get(id) ?? newKey(id, now);
        if (key === null || (!keys.has(id) && keys.size >= MAX_KEYS)) continue;
        keys.set(id, key);
        members.add(key);
      }
      (group.keys as GroupKey[]).push(...members);
      for (const key of members) {
        const of = memberships.get(key);
        if (of === undefined) memberships.set(key, [group]);
        else of.push(group);
      }
      this.#groups += 1;
    }
    for (const key of before.values()) key.groups = [];
    for (const [key, of] of memberships) key.groups = of;
    this.#keys = keys;
    this.#list = [...keys.values()];
  }
}

/** Null for what is no key. */
function newKey(id: string, now: number): GroupKey | null {
  try {
    const bytes = Uint8Array.fromBase64(id);
    return bytes.length === KEY_BYTES ? new GroupKey(id, bytes, now) : null;
  } catch {
    return null;
  }
}
