import { relation, scale, type Relation, type Scale } from "./relation.ts";

/** All lists in this file were written for this project, of common English words that most tokenisers keep whole. */
const ORIGIN = "matrix-composition, written for this project";

/** `"small big, short tall"` as pairs. */
function pairs(list: string): [string, string][] {
  return list.split(",").map((pair) => {
    const [from = "", to = ""] = pair.trim().split(" ");
    return [from, to];
  });
}

const made = (name: string, list: string) => relation(name, pairs(list), ORIGIN);
const ordered = (name: string, list: string) => scale(name, list.split(" < "), ORIGIN);

/** From the lesser end of a scale to the greater, one relation a scale: are their directions one? */
export const GRADED_OPPOSITES: readonly Relation[] = [
  made(
    "size",
    "small big, little large, tiny huge, mini giant, minor major, compact vast, miniature enormous, dwarf titan, pocket massive, slight considerable",
  ),
  made(
    "height",
    "short tall, low high, lower upper, bottom top, shallow deep, valley mountain, floor ceiling, below above, under over, down up",
  ),
  made(
    "width",
    "narrow wide, thin thick, slim broad, tight loose, lane highway, path avenue, stream river, cramped spacious, closed open, slender stout",
  ),
  made(
    "temperature",
    "cold hot, cool warm, winter summer, ice fire, snow sun, frozen boiling, chill heat, arctic tropical, cooling heating, frost flame",
  ),
  made(
    "loudness",
    "quiet loud, silent noisy, soft harsh, calm stormy, silence noise, murmur roar, whisper shout, gentle fierce, hush scream, still wild",
  ),
  made(
    "weight",
    "light heavy, thin fat, weak strong, empty full, feather stone, lean solid, slight massive, paper iron, skinny muscular, hollow dense",
  ),
  made(
    "speed",
    "slow fast, late early, lazy busy, walk run, crawl race, delay rush, gradual sudden, slowly quickly, patient hasty, slower faster",
  ),
  made(
    "age",
    "young old, new ancient, modern traditional, child adult, boy man, girl woman, baby elder, recent historic, fresh stale, junior senior",
  ),
  made(
    "quality",
    "bad good, worse better, worst best, poor rich, awful excellent, terrible great, evil holy, ugly beautiful, wrong right, failure success",
  ),
  made(
    "amount",
    "few many, less more, least most, rare common, little much, single multiple, scarce abundant, minimum maximum, none all, nobody everybody, part whole",
  ),
];

/** From a plain word to its intense form. */
export const INTENSITY: Relation = made(
  "intensity",
  "big huge, small tiny, good great, bad terrible, cold freezing, hot boiling, happy delighted, angry furious, funny hilarious, tired exhausted",
);

/** Relations that the literature on word vectors uses, with no order of magnitude in them. */
export const UNGRADED_RELATIONS: readonly Relation[] = [
  made(
    "capital",
    "France Paris, Germany Berlin, Italy Rome, Spain Madrid, Russia Moscow, Japan Tokyo, China Beijing, Egypt Cairo, Greece Athens, Cuba Havana, Poland Warsaw, Austria Vienna",
  ),
  made(
    "plural",
    "cat cats, dog dogs, car cars, house houses, book books, tree trees, river rivers, king kings, door doors, hand hands, road roads, game games",
  ),
  made(
    "past tense",
    "walk walked, look looked, ask asked, call called, play played, turn turned, go went, take took, make made, come came, give gave, find found",
  ),
  made(
    "gender",
    "man woman, king queen, boy girl, father mother, brother sister, son daughter, husband wife, uncle aunt, he she, his her, actor actress, prince princess",
  ),
  made(
    "comparative",
    "big bigger, small smaller, long longer, short shorter, high higher, low lower, strong stronger, weak weaker, fast faster, slow slower, old older, young younger",
  ),
];

/** Colours: pairs of words of a kind with no order, for a relation that should not be found. */
export const COLOURS: Relation = made(
  "colours",
  "red blue, green yellow, black brown, white grey, pink purple, orange gold, silver violet, amber scarlet",
);

/** Words in an order, the least first. */
export const SCALES: readonly Scale[] = [
  ordered("size", "tiny < small < medium < big < large < huge < enormous"),
  ordered("temperature", "freezing < cold < cool < warm < hot < boiling"),
  ordered("frequency", "never < rarely < sometimes < often < usually < always"),
  ordered("quality", "terrible < bad < fair < good < great < excellent"),
  ordered("quantity", "none < few < some < several < many < most < all"),
  ordered("certainty", "impossible < unlikely < possible < likely < probable < certain"),
  ordered("age", "baby < child < teenager < adult < elder"),
  ordered("number", "one < two < three < four < five < six < seven < eight < nine < ten"),
];
