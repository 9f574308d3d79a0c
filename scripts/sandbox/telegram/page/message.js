// Builds one message of the chat: bubble, attachments and buttons. What pressing does is handed in.
import { renderText } from "/chat/assets/format.js";

export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

export const clock = (seconds) => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(seconds * 1000);

// One of seven colours for a person, the same wherever they appear.
export const tint = (id) => `c${Math.floor(Math.abs(id || 0) / 100) % 7}`;

// `viewer` is who looks, `group` whether names are shown, `hooks` have `say(text)`, `tap(node, message, data)`, `copy(text)`.
export function bubble(message, known, viewer, group, hooks) {
  const mine = message.from?.id === viewer;
  const row = element("li", `message ${mine ? "mine" : message.from?.is_bot ? "from-bot" : "theirs"}`);
  row.dataset.id = message.message_id;
  row.classList.toggle("ephemeral", message.ephemeral);
  row.classList.add(known ? "changed" : "new");
  const body = element("div", "bubble");
  if (group && !mine) body.append(element("p", `sender ${tint(message.from?.id)}`, message.from?.first_name || ""));
  if (message.ephemeral) body.append(element("p", "only-you", "Only you can see this"));
  const replied = message.reply_to_message;
  if (replied) body.append(element("p", "quote", replied.text || replied.caption || "Message"));
  attach(message, body);
  const text = element("div", "text");
  text.append(renderText(message.text || message.caption || "", message.entities || message.caption_entities, hooks.say));
  text.append(element("span", "meta", `${message.edit_date ? "edited " : ""}${clock(message.date)}`));
  body.append(text);
  row.append(body);
  if (message.reply_markup?.inline_keyboard) row.append(keyboard(message, hooks));
  return row;
}

function attach(message, body) {
  if (message.photo) {
    const { file_id, width, height } = message.photo.at(-1);
    const image = element("img", "photo");
    Object.assign(image, { src: `/chat/files/${file_id}`, alt: message.caption || "Photo", width, height });
    body.append(image);
  }
  if (message.document) {
    const file = element("a", "file", message.document.file_name);
    Object.assign(file, { href: `/chat/files/${message.document.file_id}`, download: message.document.file_name });
    body.append(file);
  }
}

export function keyLine(buttons, make) {
  const line = element("div", "keys");
  line.append(...buttons.map(make));
  return line;
}

function keyboard(message, hooks) {
  const node = element("div", "keyboard");
  node.append(...message.reply_markup.inline_keyboard.map((row) => keyLine(row, (button) => key(message, button, hooks))));
  return node;
}

function key(message, button, hooks) {
  const target = button.url || button.web_app?.url || button.login_url?.url;
  const node = element(target ? "a" : "button", `key ${button.style || ""}`, button.text);
  if (target) {
    Object.assign(node, { href: target, target: "_blank", rel: "noopener noreferrer" });
    node.classList.add("out");
  } else if (button.callback_data !== undefined) {
    node.addEventListener("click", () => hooks.tap(node, message, button.callback_data));
  } else if (button.copy_text) {
    node.addEventListener("click", () => hooks.copy(button.copy_text.text));
    node.classList.add("copy");
  } else {
    node.disabled = true;
  }
  return node;
}
