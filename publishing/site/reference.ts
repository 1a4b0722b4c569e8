import { join } from "node:path";
import { Application, JSX, type DeclarationReflection, ReflectionKind, type TypeDocOptions } from "typedoc";
import { ROOT } from "../notebook.ts";
import { INDEX, REFERENCE, SITE_NAME } from "./frame.ts";

/** An export, as the search finds it. */
export interface ReferenceEntry {
  readonly name: string;
  /** "Function", "Class", … */
  readonly kind: string;
  /** Path of its page, from the site's root. */
  readonly target: string;
}

/** The kinds that need a docstring: whatever the entries export, and what is done with it. */
const DOCUMENTED: NonNullable<TypeDocOptions["requiredToBeDocumented"]> = [
  "Variable",
  "Function",
  "Class",
  "Interface",
  "TypeAlias",
  "Method",
  "Accessor",
];

/** The public entries of the package, and what the reference calls them. */
const ENTRIES: Readonly<Record<string, string>> = {
  "lib/index.ts": "matrix-composition",
  "kernel/notebook/index.ts": "matrix-composition/notebook",
};

/**
 * Writes the reference of the public entries into a folder of the site, with TypeDoc.
 *
 * @param folder the site's folder
 * @returns what the entries export
 * @throws Error where an export has no docstring, or a docstring links to nothing; says which
 */
export async function writeReference(folder: string): Promise<ReferenceEntry[]> {
  const app = await Application.bootstrap({
    name: SITE_NAME,
    entryPoints: Object.keys(ENTRIES).map((path) => join(ROOT, path)),
    tsconfig: join(ROOT, "tsconfig.build.json"),
    readme: "none",
    out: join(folder, REFERENCE),
    sortEntryPoints: false,
    disableSources: true, // the site has no sources to lead to
    disableGit: true,
    hideGenerator: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    skipErrorChecking: true, // tsc checks the same files
    logLevel: "Warn",
    requiredToBeDocumented: DOCUMENTED,
    externalSymbolLinkMappings: { [SITE_NAME]: { "*": "#" } }, // what is not exported is named without a link
    validation: { notDocumented: true, invalidLink: true, notExported: false },
  });
  app.renderer.hooks.on("body.begin", (context) =>
    JSX.createElement(
      "a",
      {
        style: "display: block; padding: 0.5rem 2rem",
        href: context.relativeURL(`../${INDEX}`),
      },
      `← ${SITE_NAME}: notebooks`,
    ),
  );
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc could not read the sources");
  for (const module of project.children ?? []) module.name = ENTRIES[entryOf(module)] ?? module.name;
  app.validate(project);
  if (app.logger.hasWarnings() || app.logger.hasErrors())
    throw new Error("The reference has gaps: TypeDoc names them above");
  await app.generateOutputs(project);
  const router = app.renderer.router;
  return (project.children ?? []).flatMap((module) =>
    (module.children ?? []).flatMap((reflection) =>
      router?.hasUrl(reflection) === true
        ? [
            {
              name: reflection.name,
              kind: ReflectionKind.singularString(reflection.kind),
              target: `${REFERENCE}/${router.getFullUrl(reflection)}`,
            },
          ]
        : [],
    ),
  );
}

/** The entry that a module of the reference stands for. TypeDoc names it after the file. */
function entryOf({ name }: DeclarationReflection): string {
  return Object.keys(ENTRIES).find((path) => path === `${name}/index.ts`) ?? name;
}
