/**
 * Rows of the views of single samples: traces and tags. Pure. Without the samples of a profile a trace is a distinct
 * stack and what all its samples weigh; with them it is one sample, as in `go tool pprof -traces`.
 */

import { pprofLabel } from "../../format.js";
import { numberUnits } from "../filter/tags.js";
import { compareNames } from "../filter/top.js";

/**
 * @typedef {import("../data/samples.js").Label} Label
 *
 * @typedef {object} Samples the samples that filters left, for one sample type
 * @property {import("../data/tree.js").Tree} tree
 * @property {Int32Array} node of each sample in the tree; -1 where it has no stack
 * @property {Float64Array} value
 * @property {Int32Array} labels of each sample, into the sets
 * @property {Label[][]} labelSets
 *
 * @typedef {object} Trace
 * @property {import("../data/tree.js").Tree} tree
 * @property {number} node its leaf
 * @property {number} value
 * @property {Label[]} labels
 */

/** Call back for every sample. @param {Samples} samples @param {(node: number, value: number, labels: Label[]) => void} visit */
export function eachSample({ node, value, labels, labelSets }, visit) {
  for (let i = 0; i < node.length; i++) visit(node[i], value[i], labelSets[labels[i]]);
}

/** List the traces, heaviest first. @param {Samples | null} [samples] @returns {Trace[]} */
export function traces(tree, weights, samples = null) {
  const found = [];
  if (samples) {
    eachSample(samples, (node, value, labels) => {
      if (node >= 0 && value !== 0) found.push({ tree: samples.tree, node, value, labels });
    });
  } else {
    weights.flat.forEach((value, node) => {
      if (value !== 0) found.push({ tree, node, value, labels: [] });
    });
  }
  return found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.node - b.node);
}

/** Spell out a stack, leaf first; a frame may be inlined into the next. @returns {{name: string, inline: boolean}[]} */
export function framesOf({ tree, node }) {
  const frames = [];
  for (let at = node; at >= 0; at = tree.parent[at]) {
    if (tree.name[at] >= 0) frames.push({ name: tree.names[tree.name[at]], inline: tree.inlined[at] === 1 });
  }
  return frames;
}

/**
 * Add up samples by label, keys in order, values heaviest first: as `go tool pprof -tags`.
 * @param {Samples} samples
 * @returns {{key: string, total: number, values: {text: string, value: number}[]}[]}
 */
export function tags(samples) {
  const units = numberUnits(samples.labelSets);
  const totals = new Map();
  eachSample(samples, (_, value, labels) => {
    if (value === 0) return;
    for (const label of labels) {
      if (!totals.has(label.key)) totals.set(label.key, new Map());
      const own = totals.get(label.key);
      const text = labelText(label, units);
      own.set(text, (own.get(text) ?? 0) + value);
    }
  });
  return [...totals].sort(([a], [b]) => compareNames(a, b)).map(([key, own]) => {
    const values = [...own].map(([text, value]) => ({ text, value }));
    values.sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || compareNames(a.text, b.text));
    return { key, total: values.reduce((sum, { value }) => sum + value, 0), values };
  });
}

/** Say what a label's value is; a number in the unit that suits it. @param {Map<string, string>} units by key */
export function labelText({ key, text, number }, units) {
  return number === undefined ? text : pprofLabel(number, units.get(key) ?? "");
}

/**
 * Labels as a picture counts them: all texts of a sample as one, and numbers of the key `bytes`, with the names they
 * weigh on, leaf first. Source: google/pprof, internal/report (newGraph) and internal/graph.
 * @typedef {{key: string, path: string[], value: number}} PictureLabel
 * @param {Samples} samples @returns {PictureLabel[]}
 */
export function pictureLabels(samples) {
  const units = numberUnits(samples.labelSets);
  const keys = samples.labelSets.map((labels) => {
    const texts = labels.filter(({ key, number }) => number === undefined && key !== "pprof::base");
    const text = texts.map((label) => `${label.key}:${label.text}`).sort(compareNames).join("\n");
    const sizes = labels.filter(({ key, number }) => number !== undefined && key === "bytes");
    return [...(text ? [`text ${text}`] : []), ...sizes.map((label) => `size ${text} ${labelText(label, units)}`)];
  });
  const found = [];
  samples.node.forEach((node, i) => {
    const own = keys[samples.labels[i]];
    if (node < 0 || !own.length) return;
    const path = [...new Set(framesOf({ tree: samples.tree, node }).map(({ name }) => name))];
    for (const key of own) found.push({ key, path, value: samples.value[i] });
  });
  return found;
}
