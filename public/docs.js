// Draws the API page from openapi.json: operations with their fields and a form that really asks, then the shapes.

import { byId, el, prose } from "./dom.js";

const main = byId("main");
const credentials = { "X-User-ID": "", Authorization: "" };

function nameType(schema) {
  if (schema.$ref) return el("a", { href: `#${schema.$ref.split("/").pop()}` }, schema.$ref.split("/").pop());
  if (schema.anyOf) return el("span", {}, ...schema.anyOf.flatMap((one, index) => [index ? " or " : "", nameType(one)]));
  if (schema.enum) return schema.enum.join(" | ");
  if ("const" in schema) return String(schema.const);
  if (schema.prefixItems) return el("span", {}, "[", ...schema.prefixItems.flatMap((one, index) => [index ? ", " : "", nameType(one)]), "]");
  if (schema.type === "array") return el("span", {}, "list of ", nameType(schema.items ?? {}));
  if (schema.additionalProperties?.type || schema.additionalProperties?.$ref || schema.additionalProperties?.additionalProperties)
    return el("span", {}, "by name: ", nameType(schema.additionalProperties));
  return schema.format ? `${schema.type} (${schema.format})` : schema.type ?? "any";
}

function describeBounds({ schema }) {
  const { minimum, maximum, maxLength } = schema;
  if (minimum !== undefined) return `${minimum} to ${maximum}`;
  return maxLength === undefined ? "" : `at most ${maxLength} characters`;
}

function renderField(parameter, id) {
  const { name, schema } = parameter;
  const choices = schema.enum ?? (schema.type === "boolean" ? ["true", "false"] : null);
  const input = choices
    ? el("select", { id, name }, el("option", { value: "" }, "any"), ...choices.map((one) => el("option", {}, one)))
    : el("input", { id, name, autocomplete: "off", spellcheck: "false", required: parameter.required });
  input.dataset.where = parameter.in;
  return el("tr", {},
    el("th", { scope: "row" }, el("label", { for: id }, name)),
    el("td", {}, nameType(schema), " ", el("span", { class: "soft" }, describeBounds(parameter)), el("br"), prose(parameter.description ?? "")),
    el("td", {}, input));
}

async function tryIt(path, form, output, secured) {
  const query = new URLSearchParams();
  let url = path;
  for (const input of form.querySelectorAll("[name]")) {
    if (!input.value) continue;
    if (input.dataset.where === "path") url = url.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else query.set(input.name, input.value);
  }
  if (query.size) url += `?${query}`;
  const headers = secured ? Object.fromEntries(Object.entries(credentials).filter(([, value]) => value)) : {};
  output.hidden = false;
  output.textContent = `GET ${url}\n…`;
  try {
    const response = await fetch(url, { headers });
    const body = await response.text();
    let shown = body;
    try { shown = JSON.stringify(JSON.parse(body), null, 2); } catch { /* Shown as it came. */ }
    output.textContent = `GET ${url}\n${response.status} · ${response.headers.get("x-request-id") ?? ""}\n\n${shown}`;
  } catch (error) {
    output.textContent = `GET ${url}\nno answer: ${error.message}`;
  }
}

function renderOperation(path, method, operation) {
  const form = el("form");
  const output = el("pre", { hidden: true, tabindex: "0", "aria-live": "polite", "aria-label": "Answer" });
  const fields = (operation.parameters ?? []).filter((one) => one.in !== "header");
  if (fields.length) {
    form.append(el("div", { class: "scroll" }, el("table", {}, el("tbody", {},
      ...fields.map((one) => renderField(one, `${operation.operationId}-${one.name}`))))));
  }
  const answers = Object.entries(operation.responses).map(([status, { description, content }]) =>
    el("li", {}, el("b", {}, status), " ", status === "200" && content ? nameType(Object.values(content)[0].schema) : prose(description)));
  form.append(el("ul", { class: "answers" }, ...answers));
  if (method === "get") {
    form.append(el("button", { type: "submit" }, "Try it"), output);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      tryIt(path, form, output, Boolean(operation.security));
    });
  }
  return el("section", { class: "card operation", id: operation.operationId, "aria-label": `${method} ${path}` },
    el("h3", {}, el("span", { class: "method" }, method.toUpperCase()), el("span", { class: "path" }, path)),
    el("p", {}, el("b", {}, operation.summary ?? ""), el("br"), prose(operation.description ?? "")), form);
}

function renderCredentials(schemes) {
  // Several schemes may share a header; a scheme that names none is HTTP's own.
  const headers = {};
  for (const { name, description } of Object.values(schemes)) (headers[name ?? "Authorization"] ??= []).push(el("div", {}, prose(description)));
  const rows = Object.entries(headers).map(([name, descriptions]) => {
    const input = el("input", { id: name, autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", () => { credentials[name] = input.value.trim(); });
    return el("tr", {}, el("th", { scope: "row" }, el("label", { for: name }, name)),
      el("td", {}, ...descriptions), el("td", {}, input));
  });
  return el("section", { class: "card operation", "aria-label": "Who asks" }, el("h3", {}, "Who asks"),
    el("p", { class: "soft" }, "Used by the forms below, kept only in this page."),
    el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, ...rows))));
}

function renderSchema(name, schema) {
  const required = new Set(schema.required ?? []);
  const entries = Object.entries(schema.properties ?? {}).flatMap(([field, type]) =>
    [el("dt", {}, field, required.has(field) ? "" : " (may be absent)"), el("dd", {}, nameType(type))]);
  return el("details", { id: name }, el("summary", {}, el("b", {}, name)),
    el("p", { class: "soft" }, prose(schema.description ?? "")), el("dl", { class: "schema" }, ...entries));
}

function openTarget() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

try {
  const description = await (await fetch(document.body.dataset.openapi)).json();
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => renderOperation(path, method, operation)));
  main.replaceChildren(
    el("h1", {}, description.info.title),
    el("p", { class: "lead" }, prose(description.info.description)),
    renderCredentials(description.components.securitySchemes ?? {}),
    ...operations,
    el("section", { "aria-labelledby": "shapes" }, el("h2", { id: "shapes" }, "Shapes"),
      ...Object.entries(description.components.schemas).map(([name, schema]) => renderSchema(name, schema))));
  addEventListener("hashchange", openTarget);
  openTarget();
} catch (error) {
  byId("message").textContent = `The description could not be loaded: ${error.message}`;
}
