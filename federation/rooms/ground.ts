/** What the parts of the room reducer share. */
import type { Clock } from "../../quic/clock.ts";
import type { RelayKey } from "../link.ts";
import type { RoomKnowledge } from "./room_knowledge.ts";

/** Why an announcement did not count. */
export type IgnoredAnnouncement = "malformed" | "not_shared" | "over_limit" | "unexpected";

export interface Ground {
  readonly clock: Pick<Clock, "now" | "wall">;
  readonly self: RelayKey;
  readonly known: RoomKnowledge;
  readonly onIgnored: (reason: IgnoredAnnouncement) => void;
  /** Something of a room may have changed. */
  readonly touch: (room: string) => void;
}
