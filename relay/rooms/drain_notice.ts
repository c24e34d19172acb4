/** What clients are told of a drain: for each room, where else it is carried. */
import { encodeFrame, type SignalOf } from "../../proto/signal/mod.ts";

export class DrainNotice {
  readonly #notice: Omit<SignalOf<"RelayDraining">, "type">;
  readonly #carriers: ((room: string) => readonly string[]) | null;

  /** Without `carriers` the relays of the notice are told to all. */
  constructor(
    notice: Omit<SignalOf<"RelayDraining">, "type">,
    carriers: ((room: string) => readonly string[]) | null,
  ) {
    this.#notice = notice;
    this.#carriers = carriers;
  }

  /** For somebody in this room; `made` keeps what others there have been told in the same moment. */
  frame(room: string, made = new Map<string, Uint8Array>()): Uint8Array {
    const known = made.get(room);
    if (known !== undefined) return known;
    const relays = this.#carriers === null ? this.#notice.relays : [...this.#carriers(room)];
    const frame = encodeFrame({ type: "RelayDraining", ...this.#notice, relays });
    made.set(room, frame);
    return frame;
  }
}
