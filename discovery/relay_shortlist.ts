/** Of all relays that a registry names, the few this relay may tell its clients of. */
import type { RelayRecord } from "../proto/registry_record.ts";

/** Clients measure what they are told of, and nobody measures a hundred relays. */
const MAX_SHORTLIST = 128;

export class RelayShortlist {
  readonly #ownFingerprint: string;
  readonly #ownRegion: string;
  readonly #best: { readonly record: RelayRecord; readonly place: string }[] = [];
  /** All that were offered, without this relay. */
  named = 0;

  constructor(ownFingerprint: string, ownRegion: string) {
    this.#ownFingerprint = ownFingerprint;
    this.#ownRegion = ownRegion;
  }

  offer(record: RelayRecord): void {
    if (record.tls_fingerprint === this.#ownFingerprint) return;
    this.named += 1;
    if (!takesClients(record)) return;
    const place = this.#placeOf(record);
    const last = this.#best.at(-1);
    if (this.#best.length >= MAX_SHORTLIST && last !== undefined && place >= last.place) return;
    const index = this.#best.findIndex((other) => other.place > place);
    this.#best.splice(index < 0 ? this.#best.length : index, 0, { record, place });
    if (this.#best.length > MAX_SHORTLIST) this.#best.pop();
  }

  /** Those of the own region first, then by name. */
  records(): RelayRecord[] {
    return this.#best.map(({ record }) => record);
  }

  #placeOf({ region, name, tls_fingerprint }: RelayRecord): string {
    return [region === this.#ownRegion ? 0 : 1, name, tls_fingerprint].join("\0");
  }
}

/** Whether a newcomer would be let in. */
export function takesClients({ draining, load, capacity }: RelayRecord): boolean {
  return !draining && load < capacity;
}
