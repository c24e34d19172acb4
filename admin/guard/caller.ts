/** Who asks: where from, and what that one may do. */
import type { Fields } from "../../relay/ports/log.ts";
import type { SocketAddress } from "../../relay/ports/addresses.ts";

/** `none` sees only what is for everybody, `read` everything, `operate` may also change things. */
export type Scope = "none" | "read" | "operate";

export interface Caller {
  readonly source: SocketAddress;
  readonly scope: Scope;
}

/** What routes are given with each request. */
export interface AdminEnv {
  Bindings: { readonly caller: Caller };
  /** `audit`: what a route adds to the line an operation leaves; never a secret. */
  Variables: { audit: Fields };
}
