import { Corpus, type CorpusOrigin } from "../corpus.ts";

function origin(chapter: string, notes: string): CorpusOrigin {
  return {
    title: `Brandon Rohrer, Transformers from Scratch (2021), "${chapter}"`,
    where: "https://e2eml.school/transformers.html",
    licence: "three to twelve words quoted from a tutorial, with its address",
    notes,
  };
}

/**
 * The first model's three commands, photos half the time, files 30 %, directories the rest.
 * Source: Rohrer, "First order sequence model" (SOURCES a4).
 */
export function showMeMyFiles(): Corpus {
  return new Corpus(
    [
      { text: "Show me my directories please", weight: 0.2 },
      { text: "Show me my files please", weight: 0.3 },
      { text: "Show me my photos please", weight: 0.5 },
    ],
    { name: "show me my files", origin: origin("First order sequence model", "proportions from the text") },
  );
}

/**
 * The battery ran down (40 %) or the program ran (60 %).
 * Source: Rohrer, "Second order sequence model" (SOURCES a5).
 */
export function batteryOrProgram(): Corpus {
  return new Corpus(
    [
      { text: "Check whether the battery ran down please.", weight: 0.4 },
      { text: "Check whether the program ran please.", weight: 0.6 },
    ],
    {
      name: "battery or program",
      origin: origin("Second order sequence model", "proportions from the text"),
    },
  );
}

/**
 * The two long sentences, equally likely, in which a word far back decides.
 * Source: Rohrer, "Second order sequence model with skips" (SOURCES a6).
 */
export function programAndBatteryLogs(): Corpus {
  return new Corpus(
    [
      "Check the program log and find out whether it ran please.",
      "Check the battery log and find out whether it ran down please.",
    ],
    {
      name: "program and battery logs",
      origin: origin("Second order sequence model with skips", "equally likely, as in the text"),
    },
  );
}
