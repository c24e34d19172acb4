/** Asks the relay: JSON requests and feeds, with the token in a header when there is one. */
import { signal } from "@preact/signals";
import { EventStreamReader, type ServerEvent } from "./model/event_stream.ts";

/** Kept for this tab only, so that a reload does not ask again. */
const KEPT_AS = "wzp-token";

export const token = signal<string | null>(sessionStorage.getItem(KEPT_AS));

/** Null forgets it. */
export function setToken(value: string | null): void {
  if (value === null) sessionStorage.removeItem(KEPT_AS);
  else sessionStorage.setItem(KEPT_AS, value);
  token.value = value;
}

/** What the relay said instead of an answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether a token, or another one, would help. */
  get needsToken(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** Relative to the page, so that it works below any path. */
const API = "api/v1/";

/** Query values; those that are null or empty are left out. */
export type Query = Readonly<Record<string, string | number | null>>;

export async function get<Answer>(path: string, query: Query = {}): Promise<Answer> {
  const more = queryText(query);
  const url = API + path + (path.includes("?") ? more.replace("?", "&") : more);
  const response = await ask(url, { method: "GET" });
  return await response.json() as Answer;
}

/** For what is not JSON and not below the API. */
export async function getText(path: string): Promise<string> {
  return await (await ask(path, { method: "GET" })).text();
}

export async function post<Answer>(
  path: string,
  body: unknown,
  method = "POST",
): Promise<Answer> {
  const response = await ask(API + path, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text)) as Answer;
}

export interface FeedOptions {
  readonly query?: Query;
  /** Where to go on. */
  readonly lastId: string | null;
  readonly signal: AbortSignal;
  /** The answer has begun. */
  readonly opened?: () => void;
}

/** A feed says something at least this often, if only a heartbeat. */
const SILENCE_MS = 25_000;

/** The events of a feed until it ends; throws when it breaks or falls silent. */
export async function* feed(path: string, options: FeedOptions): AsyncGenerator<ServerEvent[]> {
  const silence = new AbortController();
  const response = await ask(API + path + queryText(options.query ?? {}), {
    method: "GET",
    headers: {
      accept: "text/event-stream",
      ...(options.lastId !== null && { "last-event-id": options.lastId }),
    },
    signal: AbortSignal.any([options.signal, silence.signal]),
  });
  options.opened?.();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventStreamReader();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const complete = events.push(value);
      if (complete.length > 0) yield complete;
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

function queryText(query: Query): string {
  const entries = Object.entries(query).filter(([, value]) => value !== null && value !== "");
  if (entries.length === 0) return "";
  return `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token.value !== null) headers.set("authorization", `Bearer ${token.value}`);
  const response = await fetch(url, {
    ...init,
    headers,
    credentials: "same-origin",
    cache: "no-store",
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({})) as Record<string, unknown>;
  const sentence = [problem.detail, problem.title].find((text) => typeof text === "string");
  throw new ApiError(
    response.status,
    typeof problem.code === "string" ? problem.code : "unknown",
    sentence as string | undefined ?? `The relay answered ${response.status}`,
  );
}

/** What went wrong, as a sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof TypeError) return "The relay cannot be reached";
  return error instanceof Error ? error.message : String(error);
}
