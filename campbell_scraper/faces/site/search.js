// Filters and orders the list of all reviews by the words and filters in the address, as campbell serve does.
// The index is a script: a page that was opened from a disk may load scripts beside it, but fetch no JSON.
"use strict";
const TERM = /(?<!\S)(-?)(?:(authors?|title):\s*)?(?:"([^"]*)"?|([^\s"]+))/giu;
// Bits of where a word is, as in word_index.py, and how much each counts.
const FIELDS = { author: 18, authors: 18, title: 17 }, ANYWHERE = 31;
const WEIGHTS = [[1, 10], [2, 6], [4, 5], [8, 1], [16, 1]];
const asked = new URLSearchParams(location.search);
const list = document.querySelector("ol.results"), said = document.querySelector("main [role=status]");

for (const field of document.querySelectorAll("form [name]")) {
  if (field.type === "checkbox") field.checked = asked.getAll(field.name).includes(field.value);
  else field.value = asked.get(field.name) ?? "";
}
if (list && [...asked.values()].some(Boolean)) {
  list.hidden = true;
  said.textContent = "Searching …";
  const index = document.createElement("script");
  index.src = "search-index.js";
  index.onload = show;
  index.onerror = () => { said.textContent = "The search index could not be loaded."; };
  document.head.append(index);
}

function show() {
  const { values, orders } = LIBRARY, typed = (asked.get("q") ?? "").trim(), sort = document.querySelector("#sort").value;
  const chosen = {};
  for (const facet in values) {
    const wanted = asked.getAll(facet).filter(Boolean);
    if (facet !== "year" && wanted.length) chosen[facet] = union(values[facet], (value) => wanted.includes(value));
  }
  const since = asked.get("from") ?? "", until = asked.get("to") || "9999";
  if (since || until < "9999") {
    chosen.year = union(values.year, (year) => year !== "none" && year >= since && year <= until);
  }
  const scores = typed ? search(typed) : everything();
  const fits = (review, but) =>
    scores.has(review) && Object.entries(chosen).every(([facet, reviews]) => facet === but || reviews.has(review));
  const found = orders[sort || "newest"].filter((review) => fits(review));
  if (typed && !sort) {
    const withdrawn = union(values.status, (status) => status === "withdrawn");
    found.sort((a, b) => withdrawn.has(a) - withdrawn.has(b) || scores.get(b) - scores.get(a));
  }
  const items = [...list.children];
  list.replaceChildren(...found.map((review) => items[review]));
  list.hidden = false;
  said.textContent = `${found.length.toLocaleString("en")} review${found.length === 1 ? "" : "s"}`;
  for (const box of document.querySelectorAll("main [type=checkbox]")) {
    const reviews = [...union(values[box.name], (value) => value === box.value)];
    const fitting = reviews.filter((review) => fits(review, box.name)).length;
    box.parentElement.querySelector(".note").textContent = fitting.toLocaleString("en");
    if (box.checked) box.closest("details").open = true;
  }
}

function union(values, wanted) {
  return new Set(values.flatMap(([value, reviews]) => (wanted(value) ? reviews : [])));
}

function everything() {
  return new Map(LIBRARY.orders.newest.map((review) => [review, 0]));
}

// What somebody typed → Map of review → score. All words must be in it; OR stands between two of which one must, "-"
// or NOT before one that must not; author: and title: say where; "*" is any ending.
function search(typed) {
  const forms = new Map();
  for (const [words, reviews] of LIBRARY.words) {
    for (const form of words.split(" ")) forms.set(form, [...(forms.get(form) ?? []), reviews]);
  }
  const wanted = [], unwanted = [];
  let either = false, negated = false;
  for (const [, sign, field, phrase, word] of typed.replace(/[“”„‟«»＂]/g, '"').matchAll(TERM)) {
    if (!field && ["OR", "AND", "NOT"].includes(word)) {
      either = (word === "OR" && wanted.length > 0) || (either && word !== "AND");
      negated ||= word === "NOT";
      continue;
    }
    const lists = parts(phrase ?? word, forms).map((one) => scored(one, FIELDS[field?.toLowerCase()] ?? ANYWHERE));
    if (!lists.length) continue;
    const reviews = lists.reduce(both);
    if (sign || negated) unwanted.push(reviews);
    else wanted.push(either ? any(wanted.pop(), reviews) : reviews);
    either = negated = false;
  }
  if (!wanted.length && !unwanted.length) return new Map();
  const found = wanted.length ? wanted.reduce(both) : everything();
  for (const reviews of unwanted) for (const review of reviews.keys()) found.delete(review);
  return found;
}

// A text → for each of its words the lists of reviews that have one of its forms.
function parts(text, forms) {
  const bare = text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLowerCase();
  const words = bare.match(/[\p{L}\p{N}\p{Co}\p{Mn}\p{Mc}]+/gu) ?? [];
  return words.flatMap((word, place) => {
    if (text.endsWith("*") && place === words.length - 1) {
      return [[...forms].flatMap(([form, lists]) => (form.startsWith(word) ? lists : []))];
    }
    const runs = word.match(new RegExp(LIBRARY.unspaced, "gu"));
    return (runs ? runs.flatMap(pairs) : [word]).map((one) => forms.get(one) ?? []);
  });
}

// A run of a script without spaces → its letters two by two.
function pairs(run) {
  const letters = run.match(/.[\p{Mn}\p{Mc}]*/gsu);
  return letters.length === 1 ? letters : letters.slice(1).map((letter, place) => letters[place] + letter);
}

function scored(lists, places) {
  const found = new Map();
  for (const steps of lists) {
    let at = 0;
    for (const step of steps) {
      at += step;
      const weight = WEIGHTS.reduce((sum, [bit, more]) => sum + (at & bit ? more : 0), 0);
      if (at & places) found.set(at >> 5, Math.max(weight, found.get(at >> 5) ?? 0));
    }
  }
  const rarity = Math.log(1 + LIBRARY.orders.newest.length / found.size);
  return new Map([...found].map(([review, weight]) => [review, weight * rarity]));
}

function both(some, others) {
  const shared = [...some].filter(([review]) => others.has(review));
  return new Map(shared.map(([review, score]) => [review, score + others.get(review)]));
}

function any(some, others) {
  const sum = new Map(some);
  for (const [review, score] of others) sum.set(review, score + (sum.get(review) ?? 0));
  return sum;
}
