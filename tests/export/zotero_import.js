// Runs one of Zotero's own import translators over a file: node zotero_import.js TRANSLATOR.js FILE writes the items that
// it makes as JSON. Of Zotero itself stand here only the functions that the translators for RIS and BibTeX call.
"use strict";

const fs = require("fs");
const [translator, file] = process.argv.slice(2);
const text = fs.readFileSync(file, "utf8");
const items = [];
let at = 0;

function read(length) {
  if (at >= text.length) return false;
  const end = length === undefined ? text.indexOf("\n", at) + 1 || text.length : at + length;
  const part = text.slice(at, end);
  at = end;
  return length === undefined ? part.replace(/\r?\n$/, "") : part;
}

const Utilities = {
  cleanAuthor(name, creatorType, useComma) {
    const [last, ...first] = useComma ? name.split(/,\s*/) : name.trim().split(/\s+/).reverse();
    return { lastName: last, firstName: useComma ? first.join(", ") : first.reverse().join(" "), creatorType };
  },
  cleanDOI: (said) => (/10\.\d{4,9}\/\S+/.exec(said) || [undefined])[0],
  deepCopy: (value) => JSON.parse(JSON.stringify(value)),
  fieldIsValidForType: () => true,
  formatDate: ({ year, month, day }) =>
    [year, month !== undefined && month + 1, day].filter(Boolean).map((part) => String(part).padStart(2, "0")).join("-"),
  getCreatorsForType: () => ["author"],
  getVersion: () => "7",
  removeDiacritics: (said) => said.normalize("NFD").replace(/\p{M}/gu, ""),
  strToDate(said) {
    const [year, month, day] = said.split("-").map(Number);
    return { year, month: month ? month - 1 : undefined, day };
  },
  strToISO: (said) => said,
  text: () => "",
  text2html: (said) => said,
  trim: (said) => said.trim(),
  trimInternal: (said) => said.trim().replace(/\s+/g, " "),
  unescapeHTML: (said) => said,
  XRegExp: { replace: (said, pattern, by) => said.replace(pattern, by) },
};

class Item {
  constructor(itemType) {
    Object.assign(this, { itemType, creators: [], tags: [], notes: [], attachments: [], seeAlso: [] });
  }

  complete() {
    items.push(this);
  }
}

const Zotero = { Utilities, Item, Collection: Item, read, debug() {}, setProgress() {}, getHiddenPref() {}, getOption() {} };
const code = fs.readFileSync(translator, "utf8").replace(/^\s*\{[^]*?\n\}\n/, "");
const doImport = new Function("Zotero", "Z", "ZU", `${code}\nreturn doImport;`)(Zotero, Zotero, Utilities);
Promise.resolve(doImport()).then(() => process.stdout.write(JSON.stringify(items)));
