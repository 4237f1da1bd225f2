/**
 * CloudWatch Logs' filter patterns, as far as the metric filters use them, so that tests can hold them against real lines [Amazon CloudWatch Logs
 * user guide, "Filter pattern syntax for metric filters"].
 *
 * @internal
 * @module
 */

type Line = Readonly<Record<string, unknown>>;
type Matches = (line: string) => boolean;

/** Whether a line matches. Throws at whatever it does not know, rather than guessing. */
export function matcher(pattern: string): Matches {
  return pattern.startsWith("{") ? json(pattern) : terms(pattern);
}

/** The fields that a pattern asks for. */
export function fieldsOf(pattern: string): string[] {
  return pattern.startsWith("{") ? [...pattern.matchAll(/\$\.(\w+)/g)].map((found) => found[1] ?? "") : [];
}

/** `?"a" ?"b"`: one of these texts. */
function terms(pattern: string): Matches {
  const texts = [...pattern.matchAll(/\?"([^"]*)"/g)].map((found) => found[1] ?? "");
  if (texts.map((text) => `?"${text}"`).join(" ") !== pattern || texts.length === 0)
    throw new Error(`unknown: ${pattern}`);
  return (line) => texts.some((text) => line.includes(text));
}

/** `{ $.a = "x" }`, `{ $.a != "x" }`, and several of these with `&&` and `||` between them. */
function json(pattern: string): Matches {
  const tokens = pattern.match(/\$\.\w+|"[^"]*"|&&|\|\||!=|[(){}=]|[^\s(){}=]+/g) ?? [];
  let at = 0;
  const next = (): string => tokens[at++] ?? "the end";
  const expect = (token: string): void => {
    const found = next();
    if (found !== token) throw new Error(`${pattern}: ${found} where ${token} was expected`);
  };
  const comparison = (): ((line: Line) => boolean) => {
    if (tokens[at] === "(") {
      at += 1;
      const inner = either();
      expect(")");
      return inner;
    }
    const [field, relation, value] = [next(), next(), next()];
    const wanted = value.slice(1, -1);
    if (
      !field.startsWith("$.") ||
      !value.startsWith('"') ||
      !(relation === "=" || (relation === "!=" && wanted !== "*"))
    )
      throw new Error(`${pattern}: ${field} ${relation} ${value} is unknown`);
    // A field that is not there, or is null, equals nothing, `*` included, and nobody asks whether it differs.
    return (line) => {
      const found = line[field.slice(2)];
      if (found === undefined || found === null) return false;
      return (wanted === "*" || String(found) === wanted) === (relation === "=");
    };
  };
  const both = (): ((line: Line) => boolean) => {
    const parts = [comparison()];
    while (tokens[at] === "&&") {
      at += 1;
      parts.push(comparison());
    }
    return (line) => parts.every((part) => part(line));
  };
  const either = (): ((line: Line) => boolean) => {
    const parts = [both()];
    while (tokens[at] === "||") {
      at += 1;
      parts.push(both());
    }
    return (line) => parts.some((part) => part(line));
  };
  expect("{");
  const whole = either();
  expect("}");
  if (at !== tokens.length) throw new Error(`${pattern}: something follows`);
  return (text) => {
    try {
      const line: unknown = JSON.parse(text);
      return typeof line === "object" && line !== null && whole(line as Line);
    } catch {
      return false;
    }
  };
}
