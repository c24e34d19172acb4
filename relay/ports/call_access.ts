/** What rooms ask the calls: a `call-<id>` room belongs to the two parties of that call. */
export interface CallAccess {
  /** Whether there is such a call, and it is set up. */
  isSetUp(callId: string): boolean;
  /** Whether this fingerprint is a party of a call that is set up. */
  mayJoin(callId: string, fingerprint: string): boolean;
  /**
   * For who comes before its call is set up, as a party at another relay may: resolves when there is something to ask
   * again. Null when there is nothing to wait for.
   */
  answered?(callId: string, fingerprint: string): Promise<void> | null;
  /**
   * Whether this fingerprint is registered on a `_signal` connection that showed a good token: such a client may join
   * its own call without another token, because original clients send none there.
   */
  isAuthenticated(fingerprint: string): boolean;
}
