// Filtering by words: a text stays when it holds every word.

/**
 * Tells whether a text holds every word of a query, in any order and case.
 * @param {string} text
 * @param {string} query
 */
export function holdsAll(text, query) {
  const lower = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}
