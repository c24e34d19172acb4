/** Who may come in, as decided by an authentication service. */

/** Why a token was not accepted. Close reasons say only `not authorized`; the log says which it was. */
export type AuthFailure =
  | "token_missing"
  | "token_rejected"
  | "service_unreachable"
  | "service_timeout"
  | "service_bad_answer";

export type AuthOutcome =
  | { readonly ok: true; readonly fingerprint: string; readonly alias: string | null }
  | { readonly ok: false; readonly reason: AuthFailure };

export interface Authenticator {
  /** False when no service is configured: then tokens are ignored and everybody is who their key says. */
  readonly required: boolean;
  /**
   * Never rejects; answers within the service's time limit. `ip` is where the token came from: sources share what can be
   * asked at a time.
   */
  check(token: string, ip: string): Promise<AuthOutcome>;
}
