/**
 * The part of the flame graph that its first picture does without: search, other directions, the card, the table, the
 * small picture, saving, links. The entry of a part of its own.
 */
import { originsOf } from "../views/origin.js";
import { copyName, fillGrid, goThere, reach, sandwich, sandwichName, savePng, saveSvg, showGrid, turn } from "./actions.js";
import { Callers } from "./callers.js";
import { sentenceOf, showCard } from "./card.js";
import { findPath } from "./find_path.js";
import { Finder } from "./finder.js";
import { offerTools } from "./later.js";
import { readLink, writeLink } from "./link.js";
import { paintMinimap } from "./minimap.js";

offerTools({
  Callers, Finder, copyName, fillGrid, findPath, goThere, originsOf, paintMinimap, reach, readLink, sandwich, sandwichName,
  savePng, saveSvg, sentenceOf, showCard, showGrid, turn, writeLink,
});
