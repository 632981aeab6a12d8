// Reads source text for what people will read: the keys that go through t and tn, and the words that go past them.
import ts from 'typescript';

export interface Call {
  line: number;
  key: string;
  /** The English form for several, where the text depends on a number. */
  many: string | null;
  /** What is put into its places; null where that cannot be read here. */
  values: string[] | null;
}

export interface Scan {
  calls: Call[];
  /** Calls of t and tn whose text does not stand there. */
  hidden: string[];
  /** Words for people that no catalogue can translate, as `line: words`. */
  bare: string[];
  imports: string[];
}

/** Attributes and properties that people see or hear. */
const SEEN =
  /^(title|alt|placeholder|label|caption|text|more|textContent|innerText|ariaLabel|aria-(label|description|roledescription|valuetext|placeholder))$/;
/** Calls whose texts are for programs: what an element is looked for by, what a developer reads. */
const FOR_PROGRAMS =
  /^(console\.\w+|.*\.(querySelector|querySelectorAll|closest|matches|getElementById|addEventListener|removeEventListener|startsWith|includes|test|split|join|getPropertyValue|createElementNS|setProperty|getAttribute|hasAttribute|removeAttribute|toggleAttribute|add|remove|toggle|addClass|toggleClass))$/;
const WORD = /\p{L}{2,}/u;
const SENTENCE = /\p{L}{2,}\P{L}*\s\P{L}*\p{L}{2,}|^\p{Lu}\p{Ll}+$/u;

export function scan(file: string, source: string): Scan {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  const found: Scan = { calls: [], hidden: [], bare: [], imports: [] };
  const lineOf = (node: ts.Node): number => tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const told = new Set<ts.Node>();

  /** What stands here is shown: any word in it has to go through t. */
  const show = (node: ts.Expression | undefined): void => {
    if (node === undefined) return;
    const words = wordsOf(node);
    if (words !== null) {
      if (WORD.test(words) && !told.has(node)) found.bare.push(`${lineOf(node)}: ${words}`);
      told.add(node);
    } else if (ts.isConditionalExpression(node)) {
      show(node.whenTrue);
      show(node.whenFalse);
    } else if (ts.isBinaryExpression(node)) {
      if (node.operatorToken.kind !== ts.SyntaxKind.AmpersandAmpersandToken) show(node.left);
      show(node.right);
    } else if (ts.isParenthesizedExpression(node)) show(node.expression);
  };

  const call = (node: ts.CallExpression): void => {
    const name = node.expression.getText();
    const [first, second, third, fourth] = node.arguments;
    if (name === 't' || name === 'tn') {
      const plural = name === 'tn';
      const [key, many] = plural ? [second, third] : [first, undefined];
      if (!key || !ts.isStringLiteralLike(key) || (plural && !(many && ts.isStringLiteralLike(many)))) {
        found.hidden.push(`${lineOf(node)}: ${node.getText()}`);
        return;
      }
      for (const text of [key, many]) if (text) told.add(text);
      found.calls.push({
        line: lineOf(node),
        key: key.text,
        many: many && ts.isStringLiteralLike(many) ? many.text : null,
        values: namesIn(plural ? fourth : second, node, plural),
      });
    } else if (name === 'element') {
      if (first) told.add(first);
      if (second && ts.isObjectLiteralExpression(second)) attributes(second);
      for (const child of node.arguments.slice(2)) show(child);
    } else if (name === 'say') show(second);
    else if (name === 'mark' || name.endsWith('.setAttribute')) {
      const [attribute, value] = name === 'mark' ? [second, third] : [first, second];
      const shown = attribute && ts.isStringLiteralLike(attribute) && SEEN.test(attribute.text);
      for (const one of [attribute, value]) if (one && !shown) ignore(one);
      if (shown) show(value);
    } else if (FOR_PROGRAMS.test(name)) for (const one of node.arguments) ignore(one);
  };

  const attributes = (node: ts.ObjectLiteralExpression): void => {
    for (const one of node.properties) {
      if (!ts.isPropertyAssignment(one)) continue;
      if (SEEN.test(nameOf(one.name))) show(one.initializer);
      else ignore(one.initializer);
    }
  };

  const ignore = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    told.add(node);
    ts.forEachChild(node, ignore);
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const from = node.moduleSpecifier;
      if (from && ts.isStringLiteral(from)) found.imports.push(from.text);
      return;
    }
    if (ts.isTypeNode(node) || (ts.isNewExpression(node) && node.expression.getText() === 'Token')) return;
    if (ts.isCallExpression(node)) call(node);
    else if (ts.isPropertyAssignment(node) && SEEN.test(nameOf(node.name))) show(node.initializer);
    else if (ts.isPropertyAssignment(node) && nameOf(node.name) === 'description') ignore(node.initializer);
    else if (ts.isBinaryExpression(node)) {
      const { operatorToken, left, right } = node;
      const sets = operatorToken.kind === ts.SyntaxKind.EqualsToken;
      if (sets && ts.isPropertyAccessExpression(left) && SEEN.test(left.name.text)) show(right);
      if (/^[!=]==?$/.test(operatorToken.getText())) for (const side of [left, right]) ignore(side);
    } else if (ts.isCaseClause(node) || ts.isElementAccessExpression(node)) {
      ignore(ts.isCaseClause(node) ? node.expression : node.argumentExpression);
    }
    const words = wordsOf(node);
    if (words !== null && !told.has(node) && SENTENCE.test(words)) {
      found.bare.push(`${lineOf(node)}: ${words}`);
    }
    if (ts.isTemplateExpression(node)) for (const span of node.templateSpans) visit(span.expression);
    else ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The names of the places in a text. */
export function placesIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name as string))].sort();
}

/** The letters of a text as they stand in the source, with … where something is put in; null for anything else. */
function wordsOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
}

function nameOf(name: ts.PropertyName): string {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) ? name.text : '';
}

function namesIn(values: ts.Expression | undefined, call: ts.Node, plural: boolean): string[] | null {
  const own = plural ? ['n'] : [];
  // What `around` puts into the places are elements.
  if (values === undefined)
    return call.parent && ts.isCallExpression(call.parent) && call.parent.expression.getText() === 'around'
      ? null
      : own;
  if (!ts.isObjectLiteralExpression(values)) return null;
  return [...own, ...values.properties.map((one) => (one.name ? nameOf(one.name) : ''))];
}
