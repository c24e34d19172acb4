/** What a session needs to go on over other relays when its own fails. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { RelayAdvisor } from "./relay_advisor.ts";

/** How a relay is reached. */
export interface Target {
  readonly address: SocketAddress;
  readonly pin: Uint8Array | null;
}

/** Where a session may go when its relay fails, and what that takes. */
export interface WayOut {
  readonly advisor: RelayAdvisor;
  /** Named before the first relay could name any. */
  readonly relays?: readonly string[];
  /** Makes another relay let us in, where joining alone is not enough. */
  readonly admit?: (addr: string, target: Target) => Promise<Admission>;
}

/** Another relay lets us in. */
export interface Admission {
  /** We are there now. */
  used(): void;
  /** We go elsewhere, or stay. */
  unused(): void;
}
