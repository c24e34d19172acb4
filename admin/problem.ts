/** Answers for what goes wrong: `application/problem+json` with a code that stays the same. */

/** Status and title by code. Codes are part of the API: they may be added and do not change. */
const PROBLEMS = {
  bad_request: [400, "The request cannot be understood"],
  bad_target: [400, "The path is not one of this server's form"],
  bad_host: [400, "The request names no host, several, or none that can be read"],
  bad_parameter: [400, "A parameter has a value that it cannot have"],
  invalid: [400, "Something is missing or not of its form"],
  unauthorized: [401, "A token is needed"],
  operate_needed: [403, "This token may read, not operate"],
  bad_signature: [403, "The signature does not fit"],
  not_admitted: [403, "This relay may not be listed here"],
  wrong_token: [403, "This needs the token of the party or of the peer"],
  cross_site: [403, "Other sites may not operate this relay"],
  not_found: [404, "There is nothing here"],
  method_not_allowed: [405, "This cannot be done here"],
  request_timeout: [408, "The request took too long to arrive"],
  conflict: [409, "This cannot be done now"],
  stale: [409, "The signature is too old, too new, or not newer than the last"],
  body_too_large: [413, "The body is too large"],
  target_too_long: [414, "The path is too long"],
  unsupported_media_type: [415, "The body must be application/json"],
  foreign_host: [421, "This relay does not answer to that name"],
  too_many_attempts: [429, "Too many attempts without a good token"],
  too_many: [429, "Too many requests"],
  headers_too_large: [431, "The headers are too large"],
  internal: [500, "This is a fault of the relay"],
  not_ready: [503, "The relay does not take newcomers"],
  starting: [503, "The relay is starting"],
  too_many_connections: [503, "Too many connections"],
  full: [503, "The registry is full"],
  unavailable: [503, "The registry cannot be written just now"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemInit {
  /** One sentence: what, and what to do. Never a secret. */
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the answer. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Throw it in a route, or make an answer of it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly body: string;

  constructor(code: ProblemCode, { detail, headers = {}, more = {} }: ProblemInit = {}) {
    const [status, title] = PROBLEMS[code];
    super(detail ?? title);
    this.code = code;
    this.status = status;
    this.headers = { ...headers, "content-type": "application/problem+json" };
    this.body = JSON.stringify({
      title,
      status,
      code,
      ...(detail === undefined ? {} : { detail }),
      ...more,
    });
  }

  response(): Response {
    return new Response(this.body, { status: this.status, headers: this.headers });
  }
}

/** Every code with its status and title, for documents and schemas. */
export function problemCodes(): { code: ProblemCode; status: number; title: string }[] {
  return (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
    const [status, title] = PROBLEMS[code];
    return { code, status, title };
  });
}
