/** What is counted by source address, for the folders that are asked from outside. */
export { type Release, SourceLimit } from "../source_limit.ts";
export { sourceKey } from "../source_key.ts";
