/**
 * Whose code a function is: own, a dependency's, the standard library's, the runtime's. Pure.
 * Package `main` is own; sources of a dependency lie in the module cache, in `vendor/` or in Bazel's `external/`; what
 * lies elsewhere is own code. Source of the standard library's paths: `go list std` of Go 1.27.
 */
import { LEGENDS } from "../flame/dom.js";

const STANDARD = new Set(
  (
    "archive arena bufio builtin bytes cmd cmp compress container context crypto database debug embed encoding errors " +
    "expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp " +
    "runtime simd slices sort strconv strings structs sync syscall testing text time unicode unique unsafe uuid " +
    "vendor weak"
  ).split(" "),
);
const DEPENDENCY = /@v\d|\/pkg\/mod\/|\/vendor\/|(?:^|\/)external\//;

/** @typedef {"own" | "dependency" | "standard" | "runtime" | "other"} Origin `other`: C, the kernel, no name */

/** What the choices of a filter are called. @type {[string, string][]} */
export const ORIGINS = [["", "all code"], ...LEGENDS.origin];

const known = new WeakMap();

/** Say of every package of a tree whose it is. @returns {Origin[]} by package */
export function originsOf(tree) {
  let found = known.get(tree.packages);
  if (!found) {
    const files = tree.packages.map(() => []);
    tree.packageOf.forEach((own, frame) => {
      const file = tree.files[tree.fileOf[frame]];
      if (file && !file.startsWith("<")) files[own].push(file);
    });
    found = tree.packages.map((name, i) => originOf(name, files[i]));
    known.set(tree.packages, found);
  }
  return found;
}

/** @param {string} name import path @param {string[]} files of its functions @returns {Origin} */
export function originOf(name, files) {
  if (!name) return "other";
  if (name.replace(/(_test|\.test)$/, "") === "main") return "own";
  if (/^(internal\/)?runtime(\/|$)/.test(name)) return "runtime";
  const [first] = name.split("/", 1);
  if (STANDARD.has(first)) return "standard";
  if (files.some((file) => DEPENDENCY.test(file))) return "dependency";
  return files.length || !first.includes(".") ? "own" : "dependency";
}
