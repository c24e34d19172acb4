/** What the relay's thread and the registry's worker say to each other. */
import type {
  RegisteredPartyView,
  RegisteredRelayView,
  RegistryAnswer,
  RegistrySettings,
} from "../relay/ports/registry.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import type { RegistryOrder } from "./registry_core.ts";
import type { EngineStats } from "./registry_engine.ts";
import type { RelayQuery } from "./relay_roll.ts";

/** What only reads, and is answered at once. */
export type RegistryQuestion =
  | { readonly ask: "list"; readonly region: string | null; readonly known: string | null }
  | { readonly ask: "page"; readonly query: RelayQuery }
  | { readonly ask: "parties"; readonly after: string; readonly limit: number };

export interface RegistryFindings {
  readonly list: { readonly tag: string; readonly json: Uint8Array<SharedArrayBuffer> | null };
  readonly page: { readonly items: RegisteredRelayView[]; readonly total: number };
  readonly parties: readonly RegisteredPartyView[];
}

export type ToWorker =
  | { readonly kind: "open"; readonly path: string; readonly settings: RegistrySettings }
  | { readonly kind: "configure"; readonly settings: RegistrySettings }
  | { readonly kind: "order"; readonly id: number; readonly order: RegistryOrder }
  | { readonly kind: "question"; readonly id: number; readonly question: RegistryQuestion }
  | { readonly kind: "close" };

export type FromWorker =
  /** Messages sent before this one are lost. */
  | { readonly kind: "ready" }
  | { readonly kind: "opened" }
  /** The file cannot be used; the rest of a sentence. */
  | { readonly kind: "failed"; readonly reason: string; readonly newer: boolean }
  | {
    readonly kind: "answers";
    readonly answers: readonly (readonly [id: number, answer: RegistryAnswer])[];
  }
  | {
    readonly kind: "findings";
    readonly id: number;
    readonly findings: RegistryFindings[keyof RegistryFindings];
  }
  | { readonly kind: "stats"; readonly stats: EngineStats }
  | { readonly kind: "groups"; readonly groups: readonly UdpGroup[] }
  | {
    readonly kind: "log";
    readonly level: "info" | "warn" | "error";
    readonly message: string;
    readonly fields: Readonly<Record<string, string | number>>;
  }
  | { readonly kind: "closed" };
