// Builds elements from plain data. Text is always set as text, so nothing that was received can become markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Text in which `backticks` mark code.
export function prose(text) {
  return el("span", {}, ...text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part)));
}

export function byId(id) {
  return document.getElementById(id);
}
