// What vite.config.ts puts in place of these names.

declare const __VERSION__: string
/** The commit that the page was built from. */
declare const __COMMIT__: string
/** Whether files differed from it. */
declare const __CHANGED__: boolean

declare module '*?raw' {
  const text: string
  export default text
}
