/** A parsed JSON object. In a file of its own, because public types name it and json.ts has types of its library. */
export type JsonObject = Record<string, unknown>
