/** The configuration of direct calls as their service wants it. */
import type { Config } from "../config/mod.ts";
import type { Denials } from "../denied.ts";
import type { CallRules } from "./call_registry.ts";

export interface SignalRules extends CallRules {
  readonly requireSigned: boolean;
  readonly denials: Denials;
  /** Connections, in all and from one source. */
  readonly maxRegistrations: number;
  readonly maxRegistrationsPerSource: number;
}

/** Made anew whenever rules are needed, so that a reload counts. */
export function signalRules(config: Config): SignalRules {
  return {
    timeoutMs: config.call_timeout * 1000,
    oneAtATime: config.one_call_at_a_time,
    maxPerClient: config.max_calls_per_client,
    maxCalls: config.max_calls,
    requireSigned: config.require_signed_presence,
    denials: {
      deny_fingerprints: config.deny_fingerprints,
      deny_addresses: config.deny_addresses,
    },
    maxRegistrations: config.max_registrations,
    maxRegistrationsPerSource: config.max_registrations_per_source,
  };
}
