/**
 * The part of the flame graph that its first picture does without: search, other directions, the card, the table, the
 * small picture, saving, links. The entry of a part of its own.
 */
import { originsOf } from "../views/origin.js";
import { copyName, fillGrid, goThere, reach, sandwich, sandwichName, savePng, saveSvg, showGrid, turn } from "./actions.js";
import { Callers } from "./callers.js";
import { fillCard, placeCard, sentenceOf } from "./card.js";
import { findPath } from "./find_path.js";
import { Finder } from "./finder.js";
import { offerTools } from "./later.js";
import { readLink, writeLink } from "./link.js";
import { paintMinimap } from "./minimap.js";

offerTools({
  Callers, Finder, copyName, fillCard, fillGrid, findPath, goThere, originsOf, paintMinimap, placeCard, reach, readLink,
  sandwich, sandwichName, savePng, saveSvg, sentenceOf, showGrid, turn, writeLink,
});
