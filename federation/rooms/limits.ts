/** How much other relays may tell of rooms, and for how long what they told counts. */

/** People of one room in one list; more would not fit into a message of 1 MiB. */
export const MAX_LISTED = 1_000;
/** Lists that are kept of what one link told. */
export const MAX_LISTS_PER_LINK = 4_096;
/** Of these, lists of rooms that are not shared here: a call's may come before the call, a room's before a reload. */
export const MAX_ASIDE_PER_LINK = 256;
/** People in all lists of one link together. */
export const MAX_PEOPLE_PER_LINK = 50_000;
/** Above this a `seq` is refused whoever says it, so that numbers stay exact. */
export const MAX_SEQ = 2 ** 53 - 2 ** 20;

/** In larger rooms changes are told together: there n joins would cost n x n entries. */
export const LARGE_ROOM = 20;
export const GATHER_MS = 100;

/** How long relays of the original kind may contradict each other on somebody who has gone. */
export const HOLD_MS = 3_000;
/** Fingerprints of one room held back at a time. */
export const MAX_HELD = 4 * MAX_LISTED;

/** What an unreachable relay said is kept this long, in case it is reachable again. */
export const FORGET_MS = 60_000;
/** That a room became empty is remembered longer, so that no older list can come back meanwhile. */
export const TOMBSTONE_MS = 2 * FORGET_MS;
