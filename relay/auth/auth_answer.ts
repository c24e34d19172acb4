/** Reads the answer of the authentication service. Everything that is not a clear yes is a no. */
import { isFingerprintText } from "../../proto/fingerprint_text.ts";
import type { AuthOutcome } from "../ports/auth.ts";

/** An outcome, and what to tell the operator when the service is at fault. */
export interface AuthFinding {
  readonly outcome: AuthOutcome;
  /** Constant text: nothing of the answer is in it. */
  readonly detail?: string;
}

/** Code points; longer names fit no list of participants. */
const MAX_ALIAS_LENGTH = 64;
/** Statuses by which services refuse a token. Others (redirect, not found, error) mean that nothing was decided. */
const REFUSING = [400, 401, 403, 422];

/** What an answer means whose status is no success, or null when its body counts. */
export function readStatus(status: number): AuthFinding | null {
  if (status >= 200 && status <= 299) return null;
  return REFUSING.includes(status) ? REJECTED : bad("unexpected status");
}

/** What the body of a successful answer means. */
export function readBody(body: Uint8Array): AuthFinding {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return bad("not JSON");
  }
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    return bad("not a JSON object");
  }
  const { valid, fingerprint, alias } = answer as Record<string, unknown>;
  if (valid === false) return REJECTED;
  if (valid !== true) return bad('"valid" is neither true nor false');
  if (typeof fingerprint !== "string") return bad('"fingerprint" is not text');
  if (!isFingerprintText(fingerprint)) return bad('"fingerprint" cannot be used');
  if (alias === undefined || alias === null) return accepted(fingerprint, null);
  if (typeof alias !== "string") return bad('"alias" is not text');
  return accepted(fingerprint, presentable(alias));
}

const REJECTED: AuthFinding = { outcome: { ok: false, reason: "token_rejected" } };

function accepted(fingerprint: string, alias: string | null): AuthFinding {
  return { outcome: { ok: true, fingerprint, alias } };
}

function bad(detail: string): AuthFinding {
  return { outcome: { ok: false, reason: "service_bad_answer" }, detail };
}

/**
 * The alias without what takes over a terminal or turns text around, and without lone surrogates, which end the
 * signalling of original clients. Null when nothing is left.
 */
function presentable(alias: string): string | null {
  const text = alias.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "").trim();
  return [...text.slice(0, 2 * MAX_ALIAS_LENGTH)].slice(0, MAX_ALIAS_LENGTH).join("")
    .toWellFormed() || null;
}
