/**
 * The deployment's configuration: `tenantry.json`, and what the command line's context says instead.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { IConstruct } from "constructs";
import { type Check, distinct, flag, flagOr, list, map, object, oneOf, text, textOr, whole } from "./checks.ts";
import { type ClaimNames, claimsVariable } from "./claims.ts";
import { type CodeKeyVersions, SECRET_VERSION } from "./constructs/code-key.ts";
import type { ObservabilityParts } from "./constructs/observability.ts";
import type { TokenVersion } from "./constructs/tenant-triggers.ts";
import { checkPlan, type Mfa, type Plan, type ThreatProtection } from "./constructs/tenant-user-pool.ts";
import { refused } from "./refusal.ts";
import { configurationSetOf, identityOf, type Sender } from "./sender.ts";

const MAIL = {
  from: text("a sender that SES has verified"),
  identity: text("a domain or an address"),
  configurationSet: text("a name"),
};

const sender: Check<Sender> = (value, at) => {
  const given = textOr("a sender that SES has verified", object(MAIL, ["from"]))(value, at);
  const found = typeof given === "string" ? { from: given } : { ...given, from: given.from ?? "" };
  identityOf(found);
  configurationSetOf(found);
  return found;
};

const claims: Check<ClaimNames> = (value, at) => {
  const shaped = object({ name: text("a claim's name"), shape: oneOf("list", "spaced") }, ["name", "shape"]);
  const claim = textOr("a claim's name", shaped);
  const named = map((entry, place) =>
    entry === null ? null : Array.isArray(entry) ? list(claim)(entry, place) : claim(entry, place),
  );
  const found = named(value, at) as ClaimNames;
  claimsVariable(found);
  return found;
};

const reason = text("the reason, in a sentence");
const roleArn = text("a role's ARN", /^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/);
const tableName = text("a table's name", /^[A-Za-z0-9_.-]{3,255}$/);
const secretVersion = text("a secret's VersionId", SECRET_VERSION);
// As Amazon S3's rules for bucket names have it; a wildcard would reach other buckets.
const bucketName = text(
  "a bucket's name",
  /^(?!.*(?:\.\.|\.-|-\.))(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
);
// What tags can be in every service that gets them; AWS's own begin with `aws:`.
const tagKey = text(
  "a tag's key, of 128 characters at most and not AWS's own",
  /^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/iu,
);
const tagValue = text("a tag's value, of 256 characters at most", /^[\p{L}\p{N} _.:/=+@-]{1,256}$/u);

/** A resource takes 50 tags, and two are ours. */
const TAGS = 48;

const tags: Check<Readonly<Record<string, string>>> = (value, at) => {
  const found = map(tagValue, tagKey)(value, at);
  const many = Object.keys(found).length;
  return many <= TAGS
    ? found
    : refused("TAGS_MANY", `\`${at}\` has ${many} tags, and ${TAGS} fit beside our two. Leave some out.`);
};

/** What isolation reaches: see `TenantIsolation`. */
export interface IsolationConfiguration {
  /** Ids of the app clients whose ID tokens buy credentials, 100 at most. */
  readonly clients?: readonly string[];
  /** The role of a service that verifies tokens itself and takes the tenant's role for them. */
  readonly brokerRole?: string;
  /** Tables of yours whose partition keys begin with the tenant's id. */
  readonly tables?: readonly SharedTableConfiguration[];
  /** Buckets of yours with each tenant's objects below `<tenant id>/`. */
  readonly buckets?: readonly SharedBucketConfiguration[];
}

/** A table that tenants share. */
export interface SharedTableConfiguration {
  /** Its name. */
  readonly name: string;
  /** Sessions change items, too. */
  readonly write?: boolean;
  /** Indexes that sessions may query. */
  readonly indexes?: readonly string[];
}

/** A bucket that tenants share. */
export interface SharedBucketConfiguration {
  /** Its name. */
  readonly name: string;
  /** Sessions put and delete objects, too. */
  readonly write?: boolean;
}

/** What a deployment is told. Everything may be left out; the defaults stand in the README. */
export interface Configuration {
  /** The stacks are called `<stage>-Data` and so on. */
  readonly stage?: string;
  /** The account to deploy into. */
  readonly account?: string;
  /** The Region to deploy into. */
  readonly region?: string;
  /** Functions are called `<prefix>-<trigger>`. Never changed in a live deployment. */
  readonly prefix?: string;
  /** The table's name. Never changed in a live deployment: another name is another, empty table. */
  readonly tableName?: string;
  /** The folder with the functions' binaries: see `FunctionCode`. */
  readonly functions?: string;
  /** The processor that they were built for. */
  readonly architecture?: "arm64" | "x86_64";
  /** Memory of each function in MB. */
  readonly memorySize?: number;
  /** Who the codes by mail come from. Without one, templates refuse to be deployed. */
  readonly sender?: Sender;
  /** How many minutes a code counts. */
  readonly codeMinutes?: number;
  /** Which versions of the secret codes are made with: see `CodeKey`. */
  readonly codeKey?: CodeKeyVersions;
  /** Names of the claims. */
  readonly claims?: ClaimNames;
  /** What is logged. */
  readonly logLevel?: "error" | "warn" | "info" | "debug" | "trace";
  /** How long logs are kept. */
  readonly logRetentionDays?: number;
  /** X-Ray traces, with the reason. */
  readonly tracing?: string;
  /** Whether there is a user pool. */
  readonly createPool?: boolean;
  /** ARNs of user pools that were there before and may call the functions. */
  readonly adoptedPools?: readonly string[];
  /** The user pool's feature plan. */
  readonly plan?: Plan;
  /** Which event pre token generation gets. */
  readonly tokenVersion?: TokenVersion;
  /** Whether Cognito looks for stolen passwords and odd sign-ins. */
  readonly threatProtection?: ThreatProtection;
  /** Cognito's own second factor. */
  readonly mfa?: Mfa;
  /** Whether people may sign up. */
  readonly selfSignUp?: boolean;
  /** Who the pool's own mails come from, by SES. */
  readonly poolSender?: Sender;
  /** A customer key: `create`, or its ARN. */
  readonly customerKey?: string;
  /** ARNs of the SNS topics that alarms go to. */
  readonly alarmTopics?: readonly string[];
  /** Whether alarms, dashboard and saved queries are made, or which parts of it: not where others watch. */
  readonly observability?: boolean | ObservabilityParts;
  /** AWS credentials of one tenant, for ID tokens. */
  readonly isolation?: IsolationConfiguration;
  /** Everything goes with its stack, with the reason: for trials alone. */
  readonly disposable?: string;
  /** Tags for everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Every setting, and what it has to be. */
const SETTINGS: { readonly [K in keyof Configuration]-?: Check<NonNullable<Configuration[K]>> } = {
  stage: text("a name of letters, digits and hyphens that begins with a letter", /^[A-Za-z][A-Za-z0-9-]{0,63}$/),
  account: text("an account's twelve digits", /^\d{12}$/),
  region: text("a Region, such as eu-west-1", /^[a-z]{2,4}(-[a-z]+)+-\d$/),
  prefix: text("a name of 3 to 32 lower-case letters, digits and hyphens", /^[a-z][a-z0-9-]{2,31}$/),
  tableName,
  functions: text("the folder with the functions' binaries, such as ../target/lambda"),
  architecture: oneOf("arm64", "x86_64"),
  memorySize: whole(128, 10240),
  sender,
  codeMinutes: whole(1, 15),
  codeKey: object({ version: secretVersion, previousVersion: secretVersion }),
  claims,
  logLevel: oneOf("error", "warn", "info", "debug", "trace"),
  logRetentionDays: whole(1, 3653),
  tracing: reason,
  createPool: flag,
  adoptedPools: distinct(
    text("a user pool's ARN", /^arn:[a-z-]+:cognito-idp:[a-z0-9-]+:\d{12}:userpool\/[A-Za-z0-9_-]+$/),
    (arn) => arn.replace(/^.*\//, ""),
  ),
  plan: oneOf("lite", "essentials", "plus"),
  tokenVersion: oneOf("V1", "V2", "V3"),
  threatProtection: oneOf("audit", "enforce"),
  mfa: oneOf("off", "optional", "required"),
  selfSignUp: flag,
  poolSender: sender,
  customerKey: text("`create`, or a KMS key's ARN", /^(create|arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+)$/),
  alarmTopics: distinct(text("an SNS topic's ARN", /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/)),
  observability: flagOr(
    object({ savedQueries: flag, withoutAlarms: distinct(text("an alarm's name after the prefix")) }),
  ),
  isolation: object({
    clients: distinct(text("an app client's id", /^[A-Za-z0-9]{1,128}$/)),
    brokerRole: roleArn,
    tables: distinct(
      object({ name: tableName, write: flag, indexes: distinct(text("an index's name", /^[A-Za-z0-9_.-]{3,255}$/)) }, [
        "name",
      ]),
      ({ name }) => name,
    ),
    buckets: distinct(object({ name: bucketName, write: flag }, ["name"]), ({ name }) => name),
  }),
  disposable: reason,
  tags,
};

/** Every setting's name. */
export const settingNames: readonly string[] = Object.keys(SETTINGS);

/**
 * Checks what somebody wrote.
 *
 * Throws a `Refused` whose code says what is wrong: `CONFIGURATION_UNKNOWN`, `CONFIGURATION_TYPE`, `CONFIGURATION_MISSING`, and for what does not go together
 * `NAMES_TOGETHER`, `REGION_MISSING`, `PLAN_TOKEN_VERSION`, `PLAN_THREAT_PROTECTION`, `POOL_SETTING`, `POOL_NONE`,
 * `ISOLATION_TOKEN_VERSION`, `ISOLATION_NOBODY`, `ISOLATION_OWN_TABLE`.
 */
export function checked(written: unknown): Configuration {
  const found: Configuration = object(SETTINGS)(written, "");
  const { plan = "essentials", tokenVersion, threatProtection } = found;
  const version = checkPlan(plan, tokenVersion, threatProtection);
  checkNames(found);
  if (found.createPool === false) {
    const ofPool = (["plan", "tokenVersion", "threatProtection", "mfa", "selfSignUp", "poolSender"] as const).find(
      (key) => key in found,
    );
    if (ofPool !== undefined) {
      refused(
        "POOL_SETTING",
        `\`${ofPool}\` is of a user pool that is not made (\`createPool\` is false). Leave one of them out.`,
      );
    }
    if (found.isolation !== undefined) {
      refused(
        "POOL_NONE",
        "`isolation` is of the user pool that is made here, and `createPool` is false. Use the construct TenantIsolation in an app of your own.",
      );
    }
  }
  if (found.isolation !== undefined) {
    if (version === "V1") {
      refused(
        "ISOLATION_TOKEN_VERSION",
        "`isolation` needs session tags in ID tokens, which V1 cannot write. Choose V2 or V3, with the plan essentials or plus.",
      );
    }
    if (!found.isolation.clients?.length && found.isolation.brokerRole === undefined) {
      refused(
        "ISOLATION_NOBODY",
        "`isolation` names nobody who may take the role. Name `clients`, or a `brokerRole`, or leave it out.",
      );
    }
  }
  return found;
}

/** Names are for ever, so whoever chooses one says both: were the table's taken from the prefix, another prefix would be another, empty table. */
function checkNames({ prefix, tableName = "tenantry", region, poolSender, isolation }: Configuration): void {
  if (prefix !== undefined && prefix !== "tenantry" && tableName === "tenantry") {
    refused(
      "NAMES_TOGETHER",
      `\`prefix\` is ${JSON.stringify(prefix)} and \`tableName\` is not said. Name a table for this deployment, such as ${JSON.stringify(prefix)}. In a deployment that is live, leave both as they were.`,
    );
  }
  if (poolSender !== undefined && region === undefined) {
    refused(
      "REGION_MISSING",
      "`poolSender` needs to know the Region that SES has verified it in. Put the deployment's Region there as `region`.",
    );
  }
  if (isolation?.tables?.some(({ name }) => name === tableName)) {
    refused(
      "ISOLATION_OWN_TABLE",
      `\`isolation.tables\` names ${tableName}, which is Tenantry's own table, for its triggers alone. Name tables of yours.`,
    );
  }
}

/** Where `cargo lambda build` leaves the binaries; nothing need be there. */
const BUILT = resolve(import.meta.dirname, "../../target/lambda");

/** What begins with this in CDK's context is a setting: `cdk synth -c tenantry:plan=plus`. */
const CONTEXT = "tenantry:";

/**
 * Reads the configuration: the file that `-c tenantry=FILE` names, else `tenantry.json`, else nothing; over it each `-c tenantry:SETTING=VALUE`. Folders in a file
 * are relative to that file.
 *
 * Throws as {@link checked}, and `CONFIGURATION_UNREADABLE` for a file that is named and not there, or is no JSON.
 */
export function readConfiguration(app: IConstruct): Configuration {
  const named: unknown = app.node.tryGetContext("tenantry");
  const path = resolve(typeof named === "string" ? named : "tenantry.json");
  const file = named === undefined && !existsSync(path) ? {} : parsed(path);
  const over = Object.entries(app.node.getAllContext())
    .filter(([key]) => key.startsWith(CONTEXT))
    .map(([key, value]) => [key.slice(CONTEXT.length), ofContext(value)]);
  return checked({ functions: BUILT, ...relative(file, dirname(path)), ...Object.fromEntries(over) });
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return refused(
      "CONFIGURATION_UNREADABLE",
      `${path} cannot be read as JSON (${(error as Error).message}). Put the configuration there, or name another file with -c tenantry=FILE.`,
    );
  }
}

function relative(file: unknown, folder: string): Record<string, unknown> {
  const settings = object(Object.fromEntries(settingNames.map((name) => [name, (value: unknown) => value])))(file, "");
  return typeof settings["functions"] === "string"
    ? { ...settings, functions: resolve(folder, settings["functions"]) }
    : settings;
}

/** The command line knows texts alone; what reads as JSON is meant so. An account's digits are no number. */
function ofContext(value: unknown): unknown {
  if (typeof value !== "string" || /^\d{12}$/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
