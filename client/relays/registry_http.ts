/** One question to a registry over HTTP: bounded in time and size, and every failure a sentence. */
import type { Clock } from "../../quic/clock.ts";
import { ClientError } from "../errors.ts";
import { visibleText } from "../visible_text.ts";
import { type AskHttp, askHttp } from "../../http/question.ts";

export interface RegistryQuestion {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below the registry's URL, with its slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

export interface RegistryAccess {
  readonly url: string;
  /** For registries that are not public. */
  readonly token?: string;
  readonly clock: Clock;
  /** Default: over the network. */
  readonly ask?: AskHttp;
}

/** The registry refused. */
export class RegistryRefusal extends ClientError {
  readonly status: number;

  constructor(status: number, message: string) {
    super("refused", message);
    this.status = status;
  }
}

const TIMEOUT_MS = 2_000;
const MAX_BYTES = 1 << 20;

/** The answer's JSON. Rejects with `RegistryRefusal`, or `ClientError` code `unreachable` where asking again may help. */
export async function askRegistry(
  access: RegistryAccess,
  question: RegistryQuestion,
): Promise<unknown> {
  const { url, token, clock, ask = askHttp } = access;
  const { method = "GET", path, headers = {}, body, timeoutMs = TIMEOUT_MS } = question;
  const controller = new AbortController();
  const timer = clock.after(timeoutMs, () => controller.abort());
  try {
    const answer = await ask(`${url.replace(/\/+$/, "")}${path}`, {
      method,
      signal: controller.signal,
      headers: {
        accept: "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await bounded(answer, question.maxBytes ?? MAX_BYTES);
    if (answer.status < 200 || answer.status > 299) throw refusal(url, answer.status, text);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw new ClientError(
      "unreachable",
      `The registry ${url} ${why(error, controller, timeoutMs)}.`,
      {
        cause: error,
      },
    );
  } finally {
    timer.cancel();
  }
}

async function bounded(answer: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError(`answers with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}

function refusal(url: string, status: number, text: string): ClientError {
  const said = detail(text);
  const message = `The registry ${url} answers ${status}${said === "" ? "" : `: ${said}`}.`;
  return status >= 500
    ? new ClientError("unreachable", message)
    : new RegistryRefusal(status, message);
}

/** What `application/problem+json` says of itself. */
function detail(text: string): string {
  try {
    const { detail, title } = JSON.parse(text) ?? {};
    return visibleText(String(detail ?? title ?? ""), 200).replace(/\.$/, "");
  } catch {
    return "";
  }
}

function why(error: unknown, { signal }: AbortController, timeoutMs: number): string {
  if (signal.aborted) return `did not answer within ${Math.round(timeoutMs)} ms`;
  if (error instanceof RangeError) return error.message;
  if (error instanceof SyntaxError) return "does not answer with JSON";
  return "cannot be reached";
}
