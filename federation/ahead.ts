/** How far in the future the numbers of states may be that relays tell of each other: they follow the clock. */

/** What one relay tells of another. Further ahead, that other relay could never go above it. */
export const MAX_AHEAD_MS = 24 * 3_600_000;
/** What a relay takes for its own is a little more, so that it gets above whatever others took for its state. */
export const OWN_SLACK_MS = 3_600_000;
/** What a neighbour says of itself is more again: it may have gone above something of that kind. */
export const NEIGHBOUR_SLACK_MS = 2 * OWN_SLACK_MS;
