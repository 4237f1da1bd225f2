import { describe, expect, it } from "vitest";
import { fieldsOf, matcher } from "../../test/log-pattern.ts";
import written from "../facts.json" with { type: "json" };
import { type LineCount, lineCounts } from "./observability-filters.ts";
import { logQueries } from "./observability-queries.ts";

type Line = Readonly<Record<string, string | number | undefined>>;

// Lines that the binaries wrote, one of each kind.
const samples = written.log.samples as readonly Line[];
const fields: readonly string[] = written.log.fields;

// Lambda's own, as the developer guide shows them; nobody here can make them.
const lambdas = [
  "2026-11-21T09:00:00.000Z 6f747d00-a830-4a0f-a0f4-1b0d3b1c2d3e Task timed out after 5.00 seconds",
  "RequestId: 6f747d00-a830-4a0f-a0f4-1b0d3b1c2d3e Error: Runtime exited with error: signal: aborted",
  "Runtime.ExitError",
  "START RequestId: 6f747d00-a830-4a0f-a0f4-1b0d3b1c2d3e Version: 3",
  "REPORT RequestId: 6f747d00-a830-4a0f-a0f4-1b0d3b1c2d3e Duration: 4.10 ms Billed Duration: 5 ms Memory Size: 256 MB Max Memory Used: 20 MB",
];

function counted(count: LineCount, lines: readonly string[] = samples.map((line) => JSON.stringify(line))): string[] {
  const matches = matcher(count.pattern.logPatternString);
  return lines.filter((line) => matches(line));
}

function of(count: LineCount): Line[] {
  return counted(count).map((line) => JSON.parse(line) as Line);
}

describe("the counts of log lines", () => {
  it.each(Object.entries<LineCount>(lineCounts))("%s asks for fields that the lines have", (_, count) => {
    const asked = [
      ...fieldsOf(count.pattern.logPatternString),
      ...Object.values(count.dimensions ?? {}).flatMap(fieldOfDimension),
    ];
    for (const field of asked) expect(fields).toContain(field);
  });

  it.each(Object.entries<LineCount>(lineCounts))(
    "%s matches a line that was written, and not every line",
    (name, count) => {
      const lines = [...samples.map((line) => JSON.stringify(line)), ...lambdas];
      const found = counted(count, lines);
      expect(found.length, name).toBeGreaterThan(0);
      expect(found.length, name).toBeLessThan(lines.length);
    },
  );

  it("has a value for each dimension of each line that it counts", () => {
    for (const count of Object.values<LineCount>(lineCounts)) {
      for (const line of of(count)) {
        for (const field of Object.values(count.dimensions ?? {}).flatMap(fieldOfDimension)) {
          expect(line[field], `${count.metricName}: ${field} of ${JSON.stringify(line)}`).toBeTypeOf("string");
        }
      }
    }
  });

  it("counts each line once by outcome", () => {
    const { broken, refused, lines } = lineCounts;
    expect(counted(lines)).toHaveLength(samples.length);
    const answered = samples.filter((line) => line["message"] === "answered");
    expect(counted(broken).length + counted(refused).length + answered.length).toBe(samples.length);
  });

  it("calls broken what has a cause, and a refusal what has a code and none", () => {
    for (const line of samples) {
      expect(of(lineCounts.broken).some((found) => same(found, line))).toBe(line["cause"] !== undefined);
      expect(of(lineCounts.refused).some((found) => same(found, line))).toBe(
        line["code"] !== undefined && line["cause"] === undefined,
      );
    }
    expect(of(lineCounts.codes).map((line) => line["code"])).toContain("TRY_AGAIN");
  });

  it("finds in a late enrolment the decision that pre token generation names", () => {
    expect(written.triggers["pre-token-generation"].decisions).toContain("enrolled late");
    expect(of(lineCounts.enrolledLate).map((line) => line["trigger"])).toEqual(["pre-token-generation"]);
  });

  it("takes Lambda's words for an end as a crash, and no line of ours", () => {
    expect(counted(lineCounts.crashed, lambdas)).toEqual(lambdas.slice(0, 3));
    expect(counted(lineCounts.crashed)).toEqual([]);
  });

  it("never makes a metric of a tenant, a client or a cause", () => {
    const dimensions = Object.values<LineCount>(lineCounts).flatMap((count) => Object.values(count.dimensions ?? {}));
    expect(new Set(dimensions)).toEqual(new Set(["$.code", "$.would", "$.trigger", "$.message"]));
  });
});

describe("the saved queries", () => {
  // Words of the query language, and names that the queries themselves give.
  const words =
    /^(fields|filter|sort|limit|stats|by|in|like|and|as|asc|desc|count|min|max|pct|ispresent|times|first|last|longest|most_calls|starts|init_p99|peak_mb)$/;

  it.each(Object.entries(logQueries))("%s asks for fields that the lines have", (_, query) => {
    const bare = query.replaceAll(/"[^"]*"|\/[^/\n]*\/|@\w+/g, " ");
    for (const word of bare.match(/[a-z_][a-z_0-9]*/g) ?? []) {
      if (!words.test(word)) expect(fields, `${word} in ${query}`).toContain(word);
    }
  });

  it("would: a token without a tenant is no refusal", () => {
    const line = (decision: string) => JSON.stringify({ decision, would: "INVITATION_REQUIRED", code: null });
    const matches = matcher(lineCounts.would.pattern.logPatternString);
    expect([line("observed"), line("observed: no tenant")].map(matches)).toEqual([true, false]);
  });

  it("name outcomes and decisions that are written", () => {
    expect(written.log.messages).toEqual(["answered", "broken", "refused"]);
    expect(logQueries["enrolled late"]).toContain('"enrolled late"');
    expect(written.triggers["pre-token-generation"].decisions).toContain("observed: no tenant");
  });
});

describe("the patterns' own evaluator", () => {
  it.each([
    ['{ $.a = "x" }', '{"a":"x"}', true],
    ['{ $.a = "x" }', '{"a":"y"}', false],
    ['{ $.a = "*" }', '{"a":"y"}', true],
    ['{ $.a = "*" }', '{"a":null}', false],
    ['{ $.a = "*" }', '{"b":"y"}', false],
    ['{ $.a != "x" }', '{"a":"y"}', true],
    ['{ $.a != "x" }', '{"a":"x"}', false],
    ['{ ($.a = "x") && ($.b = "*") }', '{"a":"x","b":"1"}', true],
    ['{ ($.a = "x") && ($.b = "*") }', '{"a":"x"}', false],
    ['{ ($.a = "x") || ($.b = "*") }', '{"b":"x"}', true],
    ['{ $.a = "x" }', "a = x", false],
    ['?"one two" ?"three"', "zero one two", true],
    ['?"one two" ?"three"', "one, two", false],
  ])("%s of %s: %s", (pattern, line, expected) => {
    expect(matcher(pattern)(line)).toBe(expected);
  });

  it("refuses what it does not know", () => {
    for (const pattern of ["{ $.a > 1 }", '{ $.a = "x" $.b }', "[a, b]", "term"])
      expect(() => matcher(pattern)).toThrow();
  });
});

function fieldOfDimension(dimension: string): string[] {
  return fieldsOf(`{ ${dimension} }`);
}

function same(left: Line, right: Line): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
