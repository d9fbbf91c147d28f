// Making elements. Every text goes through textContent, so nothing anybody wrote can become markup.

export function element(tag, { className, text, attributes, children } = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  if (children) node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);
