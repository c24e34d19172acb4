/** Keys for direct calls and the registrations they need. */
import { relayRegion } from "../region.ts";
import { key, type Schema } from "../schema.ts";
import { boolean, number, optional } from "../value_types.ts";

export const callKeys = {
  call_timeout: key({
    type: number({ shape: "seconds", min: 1, max: 3_600 }),
    default: 45,
    unit: "seconds",
    reason: "as long as telephones ring before the network gives up",
    help:
      "How long an offered call may stay unanswered. Then both sides are told that it timed out.",
    reload: true,
  }),
  one_call_at_a_time: key({
    type: boolean,
    default: false,
    reason:
      "as with the original relay, whose clients decide themselves what to do with a second call",
    help:
      "Whether a client that has a call, answered or not, is busy for others. A call that only " +
      "rings at it does not keep it from placing one.",
    reload: true,
  }),
  require_signed_presence: key({
    type: boolean,
    default: false,
    reason: "clients of the original kind cannot sign",
    help:
      "Whether clients must prove that the fingerprint they register for direct calls is theirs. " +
      "Registrations without an identity, which serve to learn one's own address, are not asked.",
    reload: true,
  }),
  region: key({
    type: optional(relayRegion),
    default: null,
    reason: "only the operator knows",
    help: "Where this relay is, such as us-east. Clients that register are told.",
    reload: true,
    sample: "us-east",
  }),
  max_registrations: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 10_000,
    unit: "connections",
    reason: "an idle connection costs about 58 KB, so this many stay near 600 MB",
    help: "Connections for direct calls in all. Further ones are turned away.",
    reload: true,
  }),
  max_registrations_per_source: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 512,
    unit: "connections",
    reason:
      "generous, as an office can share one address, and half of what a source may have in all",
    help: "Connections for direct calls from one source: an IPv4 address, or an IPv6 /64.",
    reload: true,
  }),
  max_calls: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 10_000,
    unit: "calls",
    reason: "more than one relay can carry, and a few MB of memory",
    help: "Direct calls at one time, answered or not. Callers above it get a busy signal.",
    reload: true,
  }),
  max_calls_per_client: key({
    type: number({ shape: "count", min: 1, max: 10_000, whole: true }),
    default: 16,
    unit: "calls",
    reason: "nobody answers more, and a client that is called by many is not flooded",
    help:
      "Direct calls of one client at one time: those it placed or answered, and apart from them " +
      "those that ring at it, of which one source may have half. Above it, it is busy.",
    reload: true,
  }),
} as const satisfies Schema;
