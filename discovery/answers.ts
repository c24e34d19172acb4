/** The two kinds of answers a registry gives. */
import type { RegistryAnswer, RegistryProblem } from "../relay/ports/registry.ts";

export type Refusal = Extract<RegistryAnswer, { readonly ok: false }>;

export function accepted(body: Readonly<Record<string, unknown>>): RegistryAnswer {
  return { ok: true, body };
}

/** `detail` is a sentence for whoever asked. */
export function refused(problem: RegistryProblem, detail: string): Refusal {
  return { ok: false, problem, detail };
}
