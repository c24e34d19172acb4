/** libopus in WebAssembly, loaded when somebody first encodes or decodes. */

/** What `opusscript` builds libopus into. Addresses are bytes in its memory. */
export interface OpusModule {
  /** Views of its memory; replaced when it grows, so never keep one. */
  readonly HEAPU8: Uint8Array;
  readonly HEAPU16: Uint16Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  readonly OpusScriptHandler: {
    new (sampleRate: number, channels: number, application: number): OpusHandler;
    destroy_handler(handler: OpusHandler): void;
  };
}

/** An encoder with a decoder. Results below 0 are libopus errors. */
export interface OpusHandler {
  /** `pcm` holds one byte of sound, low before high, in each 16-bit unit; answers the bytes of the packet. */
  _encode(pcm: number, pcmBytes: number, packet: number, samples: number): number;
  /** The reverse, answers the samples; `pcm` needs room for 60 ms. */
  _decode(packet: number, packetBytes: number, pcm: number): number;
  _encoder_ctl(request: number, value: number): number;
}

type Instantiate = (options: { readonly wasmBinary: Uint8Array }) => OpusModule;

let module: Promise<OpusModule> | null = null;

/** The one instance of this process; takes a tenth of a second or more the first time. */
export function opusModule(): Promise<OpusModule> {
  return module ??= load();
}

/**
 * Goes round the package's own wrapper, which reads the WebAssembly from a path beside it, brings a second build
 * without WebAssembly along, and addresses its sample buffers at twice the place it reserved for them.
 */
async function load(): Promise<OpusModule> {
  const [script, binary] = await Promise.all([
    import("opusscript/build/opusscript_native_wasm.js"),
    import("opusscript/build/opusscript_native_wasm.wasm", { with: { type: "bytes" } }),
  ]);
  // The package has no types for it.
  const instantiate: unknown = script.default;
  return (instantiate as Instantiate)({ wasmBinary: binary.default });
}
