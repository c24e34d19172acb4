/** Why a datagram between relays is refused: the media reasons, and those of the link header in front. */
import { MEDIA_REASONS, type MediaReason } from "./media_header.ts";

/** 0 is valid, everything else is an index into `LINK_REASONS`. */
export type LinkReason = MediaReason | 4 | 5 | 6;

/** Drop reasons and metric labels by reason code. Entry 0 is never a reason. */
export const LINK_REASONS = [...MEDIA_REASONS, "link_short", "link_kind", "link_hops"] as const;

/** Too short for its link header. */
export const LINK_SHORT: LinkReason = 4;
/** Not of the kind that was asked for. */
export const LINK_KIND: LinkReason = 5;
/** Claims more hops than a sender may give it. */
export const LINK_HOPS: LinkReason = 6;
