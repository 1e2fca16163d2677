// Walking along a row of tabs by keys.

/**
 * The tab a key leads to, in a row of `count`; -1 when the key is none of ours.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function tabAfter(key, at, count) {
  if (key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowLeft") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return -1;
}
