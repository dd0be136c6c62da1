// Which telephone key a key of a keyboard means: digits, * # + and -; null for all others, which keep their own meaning.

const SIGNS = new Set(["*", "#", "+"]);

export function keyOf(event) {
  const typing = event.ctrlKey || event.altKey || event.metaKey;
  if (event.repeat || (typing && !event.getModifierState("AltGraph"))) return null;
  if (SIGNS.has(event.key) || /^[0-9]$/.test(event.key)) return event.key;
  // On a French keyboard the digit row gives signs unless Shift is held: the digit printed on the key is meant.
  const row = /^Digit([0-9])$/.exec(event.code);
  if (row && !event.shiftKey) return row[1];
  return event.key === "-" ? "-" : null;
}
