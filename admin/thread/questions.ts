/** What the site asks of the relay's thread besides reading parts of it. */
import type { AdminHost, Operations } from "../../relay/ports/admin.ts";
import type { PresencePlace } from "../../relay/ports/presence.ts";
import type { Registry } from "../../relay/ports/registry.ts";
import type { TapBatch, TapOptions } from "../../relay/ports/tap.ts";

/** What a registry is asked at once, `stats` being a part, ... */
export type RegistryReadings = Pick<Registry, "relays" | "parties" | "page">;
/** ... and what relays and peers have it do. */
export type RegistryOrders = Omit<Registry, "stats" | keyof RegistryReadings>;

export interface Questions extends Operations, RegistryReadings, RegistryOrders {
  locate(fingerprint: string): PresencePlace | null;
  route: AdminHost["route"];
  /** Numbers are given by who asks. */
  openTap(tap: number, options: TapOptions): void;
  takeTap(tap: number, max: number): TapBatch;
  closeTap(tap: number): void;
}

export type QuestionName = keyof Questions;

export const OPERATIONS = [
  "drain",
  "reload",
  "setLogLevel",
  "kick",
  "closeLink",
  "blockUdp",
  "unblockUdp",
] as const satisfies readonly (keyof Operations)[];

export const REGISTRY_READINGS = [
  "relays",
  "parties",
  "page",
] as const satisfies readonly (keyof RegistryReadings)[];

export const REGISTRY_ORDERS = [
  "register",
  "remove",
  "createParty",
  "removeParty",
  "join",
  "beat",
  "leave",
  "peers",
] as const satisfies readonly (keyof RegistryOrders)[];
