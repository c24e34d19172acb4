/** What all sound of the client is kept in: signed 16 bits, mono, 48 kHz. */

/** Samples per second. */
export const SAMPLE_RATE = 48_000;
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
