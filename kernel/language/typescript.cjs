/**
 * The compiler, by `require`: an ESM `import` of it would make Node look through its nine megabytes for named
 * exports, which costs 0.4 s of CPU at every start (Node 20). In two statements, since Node would look through what
 * `module.exports = require("typescript")` names as well.
 */
const typescript = require("typescript");
module.exports = typescript;
