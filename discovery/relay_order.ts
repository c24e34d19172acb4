/** The listed relays in the order readers get them, each as the bytes that are sent of it. */
import type { RelayRecord } from "../proto/registry_record.ts";

interface Place {
  readonly at: string;
  /** Its JSON with a comma behind it, so that a list is only copied together. */
  readonly bytes: Uint8Array;
}

/** Below every character that a name or region may have. */
const SEPARATOR = "\0";
const ENCODER = new TextEncoder();
const HEAD = ENCODER.encode('{"relays":[');
const TAIL = ENCODER.encode("]}");
/** Regions that relays made up and left are forgotten above this. */
const MAX_REGIONS = 50_000;

export class RelayOrder {
  /** By region, then name, then fingerprint. */
  readonly #places: Place[] = [];
  /** Grows with every change, of everything and of each region that was ever there. */
  #version = 0;
  readonly #versions = new Map<string, number>();
  /** The version of regions that are not in there. */
  #floor = 0;

  get size(): number {
    return this.#places.length;
  }

  add(record: RelayRecord): void {
    const at = placeOf(record);
    this.#places.splice(this.#find(at), 0, { at, bytes: bytesOf(record) });
    this.#touch(record.region);
  }

  remove(record: RelayRecord): void {
    const index = this.#find(placeOf(record));
    this.#places.splice(index, 1);
    this.#touch(record.region);
  }

  /** Where both stand in the same place, which heart-beats seldom change, nothing has to be moved. */
  replace(before: RelayRecord, after: RelayRecord): void {
    const at = placeOf(after);
    if (at !== placeOf(before)) {
      this.remove(before);
      this.add(after);
      return;
    }
    this.#places[this.#find(at)] = { at, bytes: bytesOf(after) };
    this.#touch(after.region);
  }

  /** Changes with the list of this region, or of all. */
  version(region: string | null): number {
    return region === null ? this.#version : this.#versions.get(region) ?? this.#floor;
  }

  /** `{"relays":[...]}`. */
  json(region: string | null): Uint8Array<SharedArrayBuffer> {
    const [from, to] = region === null
      ? [0, this.#places.length]
      : [this.#find(region + SEPARATOR), this.#find(region + "\x01")];
    let length = HEAD.length + TAIL.length;
    for (let index = from; index < to; index++) length += this.#places[index]!.bytes.length;
    // There is no comma behind the last.
    const json = new Uint8Array(new SharedArrayBuffer(from === to ? length : length - 1));
    json.set(HEAD);
    let at = HEAD.length;
    for (let index = from; index < to; index++) {
      const { bytes } = this.#places[index]!;
      json.set(bytes, at);
      at += bytes.length;
    }
    json.set(TAIL, json.length - TAIL.length);
    return json;
  }

  #touch(region: string): void {
    this.#version += 1;
    if (this.#versions.size >= MAX_REGIONS) {
      this.#versions.clear();
      this.#floor = this.#version;
    }
    this.#versions.set(region, this.#version);
  }

  /** The first place that is not before this one. */
  #find(at: string): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#places[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function placeOf({ region, name, tls_fingerprint }: RelayRecord): string {
  return [region, name, tls_fingerprint].join(SEPARATOR);
}

function bytesOf(record: RelayRecord): Uint8Array {
  return ENCODER.encode(`${JSON.stringify(record)},`);
}
