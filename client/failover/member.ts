/** One of the relays a moving session is at, or on its way to. */
import type { RoomParticipant } from "../../proto/signal/mod.ts";
import { QuicError } from "../../quic/errors.ts";
import type { RoomEvent, RoomSession } from "../room_session.ts";
import type { Admission } from "./way_out.ts";

export class Member {
  /** Null while it is being joined. */
  session: RoomSession | null = null;
  /** It was told to be ready to take over. */
  ready = false;
  /** Ends dialling. */
  readonly stop = new AbortController();
  #participants: readonly RoomParticipant[] | null = null;
  #directive: RoomEvent | null = null;
  #admission: Admission | null = null;

  constructor(readonly id: number, readonly addr: string) {}

  /** Keeps what counts once this one is used. */
  remember(event: RoomEvent): void {
    if (event.type === "participants") this.#participants = event.participants;
    if (event.type === "directive") this.#directive = event;
  }

  /** What it said while another one was in use and still holds. */
  get remembered(): RoomEvent[] {
    const participants = this.#participants;
    return [
      ...participants === null ? [] : [{ type: "participants" as const, participants }],
      ...this.#directive === null ? [] : [this.#directive],
    ];
  }

  /** Whether it lists everybody that the other one lists. */
  sees(other: Member): boolean {
    const mine = this.#participants;
    if (mine === null) return false;
    const here = new Set(mine.map(({ fingerprint }) => fingerprint));
    return (other.#participants ?? []).every(({ fingerprint }) => here.has(fingerprint));
  }

  /** Waits until the relay lets us in; rejects when it does not, or when we do not want it any more. */
  async admit(admitting: Promise<Admission> | undefined): Promise<void> {
    const admission = await admitting ?? null;
    if (!this.stop.signal.aborted) {
      this.#admission = admission;
      return;
    }
    admission?.unused();
    throw new QuicError("aborted", "Not wanted any more.");
  }

  /** It carries the session from now on. */
  use(): void {
    this.#admission?.used();
    this.#admission = null;
  }

  /** Says goodbye, or stops dialling. */
  leave(): void {
    this.stop.abort();
    this.#admission?.unused();
    this.#admission = null;
    this.session?.leave();
  }
}
