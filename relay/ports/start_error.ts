/** How parts of the house that open something say why the relay cannot start. */
export { EXIT_CANNOT_BIND, EXIT_CONFIG, reasonOf, shellWord, StartError } from "../start_error.ts";
