/** One question to the authentication service over HTTP; bounded, and every way it can fail has a name. */
import { askHttp } from "../../http/question.ts";
import type { AuthFailure } from "../ports/auth.ts";
import type { Secret } from "../secret.ts";
import { type AuthFinding, readBody, readStatus } from "./auth_answer.ts";

export interface AuthRequest {
  readonly url: string;
  readonly token: Secret;
  /** Aborted when the time for the whole exchange is over. */
  readonly signal: AbortSignal;
  readonly maxAnswerBytes: number;
}

/** Asks whether a token is good. Never rejects. */
export async function askService(request: AuthRequest): Promise<AuthFinding> {
  try {
    return await exchange(request);
  } catch (error) {
    if (request.signal.aborted) return failure("service_timeout", "no whole answer in time");
    return failure("service_unreachable", causeOf(error));
  }
}

async function exchange(request: AuthRequest): Promise<AuthFinding> {
  const { url, token, signal, maxAnswerBytes } = request;
  const response = await askHttp(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ token: token.reveal() }),
    signal,
  });
  const refused = readStatus(response.status);
  if (refused !== null) {
    await response.body?.cancel();
    return refused;
  }
  const body = await readBounded(response.body, maxAnswerBytes);
  return body === null ? failure("service_bad_answer", "answer too large") : readBody(body);
}

/** All bytes, or null when there are more than `max`; the rest is not read then. */
async function readBounded(
  stream: ReadableStream<Uint8Array> | null,
  max: number,
): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(max);
  let length = 0;
  // Leaving the loop early cancels the stream, which closes the connection.
  for await (const part of stream ?? []) {
    if (length + part.length > max) return null;
    bytes.set(part, length);
    length += part.length;
  }
  return bytes.subarray(0, length);
}

function failure(reason: AuthFailure, detail: string): AuthFinding {
  return { outcome: { ok: false, reason }, detail };
}

/** What the system said, without the URL, which may hold a secret of the operator's. */
function causeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/https?:\/\/\S+/g, "the service");
}
