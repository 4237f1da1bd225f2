// Reads a JSON list of texts and says of each which mailbox three JavaScript packages find in it: [local part, domain], or null.

import { load } from "./conversation.mjs";

const validator = load("validator");
const parser = load("email-addresses");
const nodemailer = load("nodemailer/lib/addressparser");

function split(address) {
  const at = typeof address === "string" ? address.lastIndexOf("@") : -1;
  return at < 0 ? null : [address.slice(0, at), address.slice(at + 1)];
}

const readers = {
  validator: (text) => (validator.isEmail(text) ? split(text) : null),
  "email-addresses": (text) => split(parser.parseOneAddress(text)?.address),
  // Whom a mail to this text would go to first.
  nodemailer: (text) => split(nodemailer(text, { flatten: true })[0]?.address),
};

function read(reader, text) {
  try {
    return reader(text);
  } catch {
    return null;
  }
}

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
const texts = JSON.parse(input);
const said = Object.entries(readers).map(([name, reader]) => [name, texts.map((text) => read(reader, text))]);
process.stdout.write(JSON.stringify(Object.fromEntries(said)));
