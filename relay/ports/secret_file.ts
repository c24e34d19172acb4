/** Secrets on disk, for the folders that keep one. */
export { createSecretFile } from "../secret_file.ts";
