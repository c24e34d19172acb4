/** How long the commands that ask a relay one thing wait for it: `--ping`, `--version-check`, `--reflect`. */

/** A relay that takes longer is as good as dead for a call. */
export const QUESTION_TIMEOUT_MS = 3_000;
