/** Text is only ever set as text: names come from strangers. */

type Child = Node | string;

/** Shows what would end lines or turn their direction: `gnp.exe` must not look like `exe.png`. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.map(child => (typeof child === 'string' ? plain(child) : child)));
  return element;
}

/** Nothing is touched that stays the same: a change of text makes the browser lay out again. */
export function setText(element: Element, text: string): void {
  const shown = plain(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  // the value of an option must stay what it is
  const shown = name === 'title' && value !== undefined ? plain(value) : value;
  if (shown === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== shown) element.setAttribute(name, shown);
}

/** A bar that is filled from the left. */
export class Bar {
  readonly element = el('span', { class: 'bar', 'aria-hidden': 'true' });
  readonly #fill = this.element.appendChild(el('span'));
  #share = -1;

  set(share: number): this {
    if (share !== this.#share) this.#fill.style.width = `${share * 100}%`;
    this.#share = share;
    return this;
  }
}
