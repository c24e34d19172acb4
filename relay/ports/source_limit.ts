/** Places per source address, for the folders that take connections of their own. */
export { type Release, SourceLimit } from "../source_limit.ts";
