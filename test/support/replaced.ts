/** An object with some of its properties replaced. */
export const replaced = <T extends object>(original: T, replacements: Partial<T>): T =>
  new Proxy(original, {
    get(target, name) {
      if (name in replacements) return replacements[name as keyof T]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
