/** Remembering the last results by key. Pure. */

/**
 * Remember the last few promised results; a failed one is forgotten.
 * @param {number} most
 * @returns {<T>(key: string, make: () => Promise<T>) => Promise<T>}
 */
export function lastFew(most) {
  const known = new Map();
  return (key, make) => {
    const found = known.get(key) ?? make();
    known.delete(key);
    known.set(key, found);
    if (known.size > most) known.delete(known.keys().next().value);
    found.catch(() => known.delete(key));
    return found;
  };
}
