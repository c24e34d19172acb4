/** What the relay and the worker with its UDP relay tell each other. */
import type { SocketAddress } from "../relay/ports/addresses.ts";
import type { UdpGroup, UdpRelaySettings, UdpRelayView } from "../relay/ports/udp_relay.ts";

export type ToWorker =
  | {
    readonly type: "open";
    readonly listen: SocketAddress;
    readonly settings: UdpRelaySettings;
  }
  | {
    readonly type: "groups";
    readonly origin: "own" | "party";
    readonly groups: readonly UdpGroup[];
  }
  | { readonly type: "block"; readonly ip: string; readonly ms: number | null }
  | { readonly type: "unblock"; readonly ip: string }
  | { readonly type: "close" };

export type FromWorker =
  /** Its code is loaded; messages before that would be lost. */
  | { readonly type: "ready" }
  | { readonly type: "open"; readonly listening: readonly SocketAddress[] }
  /** It cannot listen. */
  | { readonly type: "refused"; readonly inUse: boolean; readonly reason: string }
  /** Once a second. */
  | { readonly type: "view"; readonly view: UdpRelayView }
  | { readonly type: "closed" };
