/** The groups of a registry's parties, as it tells them to relays that forward for them. */
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { isWireguardKey } from "./party_forms.ts";

const MAX_GROUPS = 20_000;
const MAX_KEYS = 20_000;
const MAX_NAME = 64;

/** Takes them one by one, so that a long list is never looked at in one go. */
export class ToldGroups {
  readonly #groups: UdpGroup[] = [];
  #keys = 0;
  #good = true;

  /** The JSON of a group. */
  add(text: string): void {
    if (!this.#good) return;
    const group = groupOf(text);
    this.#keys += group?.keys.length ?? 0;
    this.#good = group !== null && this.#groups.length < MAX_GROUPS && this.#keys <= MAX_KEYS;
    if (this.#good) this.#groups.push(group!);
  }

  /** Null when one was not of its form, or there were too many. */
  get all(): readonly UdpGroup[] | null {
    return this.#good ? this.#groups : null;
  }
}

function groupOf(text: string): UdpGroup | null {
  try {
    const { name, keys } = JSON.parse(text) as Record<string, unknown>;
    if (typeof name !== "string" || name === "" || name.length > MAX_NAME) return null;
    return Array.isArray(keys) && keys.every(isWireguardKey) ? { name, keys } : null;
  } catch {
    return null;
  }
}
