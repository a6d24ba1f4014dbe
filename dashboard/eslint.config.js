import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Imports go one way: app, features, shared. A feature reaches its own files by relative paths only. */
const upwards = (...folders) => [
  "error",
  { patterns: [{ group: folders.map((folder) => `@/${folder}/*`), message: "Imports go app -> features -> shared." }] },
];

export default tseslint.config(
  { ignores: ["dist", "src/shared/api/schema.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
      jsxA11y.flatConfigs.strict,
      reactHooks.configs.flat["recommended-latest"],
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", { max: 200, skipBlankLines: true }],
    },
  },
  { files: ["src/shared/**"], rules: { "no-restricted-imports": upwards("features", "app") } },
  { files: ["src/features/**"], rules: { "no-restricted-imports": upwards("features", "app") } },
  {
    files: ["scripts/**", "public/**"],
    languageOptions: {
      globals: { console: false, process: false, document: false, localStorage: false, matchMedia: false },
    },
  },
);
