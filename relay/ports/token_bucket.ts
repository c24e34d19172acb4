/** How often something may happen, for the folders that have limits of their own. */
export { TokenBucket } from "../token_bucket.ts";
