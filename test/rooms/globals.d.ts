// The globals that Node and browsers both have, of those that the language itself does not define: all that rooms for both may use.
// A module that needs another one of both adds it here.

interface Event {
  preventDefault(): void
}
interface EventTarget {
  addEventListener(type: string, listener: EventListener, options?: { once?: boolean }): void
  removeEventListener(type: string, listener: EventListener): void
}
type EventListener = (event: Event) => void
declare var Event: { new (type: string): Event }
declare var EventTarget: { new (): EventTarget }

interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
declare var AbortSignal: { any(signals: Iterable<AbortSignal>): AbortSignal }
declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

declare class TransformStream<In, Out> {
  constructor(transformer: object, writable: object, readable: { highWaterMark: number })
  readonly writable: {
    getWriter(): {
      write(value: In): Promise<void>
      close(): Promise<void>
      abort(reason: unknown): Promise<void>
    }
  }
  readonly readable: {
    getReader(): { read(): Promise<{ done: false; value: Out } | { done: true }>; cancel(): Promise<void> }
  }
}

type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(input?: ArrayBufferView | ArrayBufferLike): string
}
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}
declare function atob(text: string): string
declare function setTimeout(work: () => void, milliseconds: number): object
declare function clearTimeout(timer: object | undefined): void
declare var performance: { now(): number }

declare class URL {
  static canParse(url: string, base?: string): boolean
  constructor(url: string | URL, base?: string | URL)
  readonly protocol: string
  readonly host: string
  pathname: string
  readonly search: string
  readonly hash: string
  readonly href: string
}
interface SymbolConstructor {
  readonly asyncDispose: unique symbol
}
declare var console: { warn(...values: unknown[]): void }
