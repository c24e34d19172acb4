/** The door to the configuration: what the rest of the relay may import. */
export { readFileOnDisk } from "./config_file.ts";
export { exampleConfig } from "./example.ts";
export { placeInFile } from "./file_layer.ts";
export { formatHostAddress, type HostAddress } from "./host_address.ts";
export { helpText } from "./help.ts";
export { type Failed, type Input, loadConfig, type Loaded } from "./load.ts";
export { printConfig } from "./print.ts";
export { configReference } from "./reference.ts";
export { reloadConfig, type Reloaded } from "./reload.ts";
export { type Config } from "./relay_schema.ts";
