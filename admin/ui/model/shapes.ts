/** What the API answers, under the names the console uses; the API's own description is the source. */
import type { Infer } from "../../api/schema.ts";
import type { FEED_EVENTS, TapItem } from "../../api/feed_shapes.ts";
import type * as companions from "../../api/companion_shapes.ts";
import type * as api from "../../api/shapes.ts";

export type { History, Outcome, Overview, RoomDetail, Topology } from "../../api/shapes.ts";
export type { TapItem } from "../../api/feed_shapes.ts";
export type { RegisteredParty, RegisteredRelay, RegistryPage } from "../../api/companion_shapes.ts";
export type { UdpRelayState } from "../../api/companion_shapes.ts";
export type RegistryStats = Infer<typeof companions.RegistryStats>;
export type Registration = Infer<typeof companions.RegistrationState>;
export type UdpPeer = companions.UdpRelayState["peers"][number];
export type UdpBlock = companions.UdpRelayState["blocked"][number];
export type Tap = api.TapRow;
export type Room = api.RoomRow;
export type Participant = api.ParticipantRow;
export type Call = api.CallRow;
export type Link = api.LinkRow;
export type MeshRelay = api.RelayRow;
export type MeshLink = api.EdgeRow;
export type DirectoryEntry = api.DirectoryRow;
export type LogRecord = api.LogLine;
export type EventRecord = api.EventRow;
export type Config = Infer<typeof api.ConfigText>;

/** A packet's header. */
export type TapPacket = Extract<TapItem, { readonly kind: "packet" }>;
export type TapSender = TapPacket["from"];

/** Events of the live feed by name. */
export type FeedEvents = {
  readonly [Name in keyof typeof FEED_EVENTS]: Infer<typeof FEED_EVENTS[Name]>;
};

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly total: number;
}

/** A change of a list: with `reset` all there was is forgotten first. */
export interface Diff<Item> {
  readonly reset: boolean;
  readonly set: readonly Item[];
  readonly gone: readonly string[];
}

/** Records with a growing id, and how many were lost before them. */
export interface Records<Item> {
  readonly items: readonly Item[];
  readonly skipped: number;
}

export interface TapBatch {
  readonly items: readonly TapItem[];
  /** Had to make room before they could be sent. */
  readonly skipped: number;
  /** More than the sample takes. */
  readonly unsampled: number;
}
