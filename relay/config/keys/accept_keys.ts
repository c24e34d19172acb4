/** Keys for taking connections. */
import { key, type Schema } from "../schema.ts";
import { number } from "../value_types.ts";

export const acceptKeys = {
  max_handshakes: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 512,
    unit: "handshakes in progress",
    reason: "a connection costs about 58 KB, so a flood of unfinished ones stays near 30 MB",
    help: "Handshakes in progress at one time. Further clients are refused until one is done.",
    reload: true,
  }),
  max_handshakes_per_source: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 128,
    unit: "handshakes in progress",
    reason:
      "lets an office behind one address reconnect at once, and leaves three quarters to others",
    help: "Handshakes in progress at one time from one source: an IPv4 address, or an IPv6 /64.",
    reload: true,
  }),
  max_connections_per_source: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 1024,
    unit: "connections",
    reason: "generous, as hundreds of people can share one address of a company or mobile network",
    help:
      "Open connections from one source: an IPv4 address, or an IPv6 /64. Further ones are refused.",
    reload: true,
  }),
  handshake_timeout: key({
    type: number({ shape: "seconds", min: 1, max: 300 }),
    default: 15,
    unit: "seconds",
    reason: "desktop clients rightly keep a new call connection silent for up to about 6 s",
    help: "How long a client may take from its first packet to the end of the handshake.",
    reload: true,
  }),
} as const satisfies Schema;
