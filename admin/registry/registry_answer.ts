/** What the registry is asked and answers, as HTTP says it. */
import type { Context } from "hono";
import type { RegistryAnswer, RegistryProblem } from "../../relay/ports/registry.ts";
import { jsonTexts } from "../api/json_text.ts";
import { chunked } from "../chunked.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { Problem, type ProblemCode } from "../problem.ts";

/** A record with its certificate, or all that a peer may say, is shorter. */
export const MAX_REGISTRY_BODY_BYTES = 16_384;
/** Lists in objects are as deep as it gets; more would only cost. */
const MAX_DEPTH = 4;
const MAX_TOKEN = 256;
const RETRY_S: Readonly<Partial<Record<RegistryProblem, number>>> = {
  too_many: 5,
  full: 60,
  unavailable: 5,
};

/** Every code of the registry is a code of problems. */
export const REGISTRY_PROBLEMS: readonly (RegistryProblem & ProblemCode)[] = [
  "invalid",
  "bad_signature",
  "stale",
  "not_admitted",
  "not_found",
  "wrong_token",
  "full",
  "too_many",
  "unavailable",
];

/** Throws `Problem`. */
export function registryResponse(answer: RegistryAnswer, status = 200): Response {
  if (!answer.ok) {
    const retry = RETRY_S[answer.problem];
    throw new Problem(answer.problem, {
      detail: answer.detail,
      headers: retry === undefined ? {} : { "retry-after": String(retry) },
    });
  }
  // The keys of every party can be megabytes.
  return new Response(chunked(jsonTexts(answer.body)), {
    status,
    headers: { "content-type": "application/json" },
  });
}

/** Any JSON within bounds; `{}` for an empty body. Throws `Problem`. */
export async function registryBody({ req }: Context<AdminEnv>): Promise<unknown> {
  const bytes = await req.arrayBuffer();
  if (bytes.byteLength > MAX_REGISTRY_BODY_BYTES) {
    throw new Problem("body_too_large", { detail: `At most ${MAX_REGISTRY_BODY_BYTES} bytes.` });
  }
  if (bytes.byteLength === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Problem("bad_request", { detail: "The body is not JSON." });
  }
  if (isDeeper(value, MAX_DEPTH)) {
    throw new Problem("bad_request", { detail: "The body has lists in lists in lists." });
  }
  return value;
}

/** Throws `Problem` when there is none that could be right. */
export function partyToken({ req }: Context<AdminEnv>): string {
  const token = req.header("x-party-token") ?? "";
  if (token === "" || token.length > MAX_TOKEN) {
    throw new Problem("wrong_token", {
      detail: "Show the token of the party, or of the peer, in x-party-token.",
    });
  }
  return token;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((each) => isDeeper(each, depth - 1));
}
