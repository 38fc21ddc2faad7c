// Elements of the page, by id and type.

/** Throws if the page has no such element: then index.html and this program do not belong together. */
export function byId<Type extends HTMLElement>(id: string, type: abstract new () => Type): Type {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`#${id}: expected a ${type.name}`)
  return found
}

export const button = (id: string) => byId(id, HTMLButtonElement)
export const input = (id: string) => byId(id, HTMLInputElement)
export const select = (id: string) => byId(id, HTMLSelectElement)

/** An element with properties and children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
