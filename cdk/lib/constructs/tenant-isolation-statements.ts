/**
 * What IAM is told about tenants: who may take a tenant's session, and what that session reaches.
 *
 * @module
 */
import * as iam from "aws-cdk-lib/aws-iam";

/** The session tag that names the tenant. Pre token generation writes it into the ID token, from our table alone. */
export const TENANT_TAG = "tenant_id";

/** The tenant of the session that calls, as IAM fills it in when it evaluates a policy. */
export const TENANT = `\${aws:PrincipalTag/${TENANT_TAG}}`;

/** The shape of a tenant's id in IAM's wildcards: `t_` and 26 characters. */
export const TENANT_SHAPE = `t_${"?".repeat(26)}`;

/** A wildcard somewhere in a text, as IAM writes one that is meant as itself. */
const somewhere = (wildcard: "*" | "?") => `*\${${wildcard}}*`;

/** A trust policy, or any other policy that has to be written down as JSON. */
export interface PolicyJson {
  readonly Version: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Trust in ID tokens of a pool: issued to one of these app clients, and speaking of a tenant.
 *
 * Conditions stand where STS documents their keys: `aud` at AssumeRoleWithWebIdentity alone, tag keys at TagSession. STS asks both,
 * so a session comes of a token that meets them all.
 */
export function webIdentityTrust(providerArn: string, issuer: string, clientIds: readonly string[]): PolicyJson {
  const principal = { Federated: providerArn };
  return trust(principal, "sts:AssumeRoleWithWebIdentity", { StringEquals: { [`${issuer}:aud`]: clientIds } });
}

/** Trust in a service of ours that verified the token itself. */
export function brokerTrust(serviceRoleArn: string): PolicyJson {
  return trust({ AWS: serviceRoleArn }, "sts:AssumeRole", {});
}

function trust(principal: object, action: string, conditions: object): PolicyJson {
  // A plain StringLike also asks that the tag is there: without it, a session would take the role's own tags.
  const ofATenant = { StringLike: { [`aws:RequestTag/${TENANT_TAG}`]: TENANT_SHAPE } };
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: principal, Action: action, Condition: { ...conditions, ...ofATenant } },
      {
        Effect: "Allow",
        Principal: principal,
        Action: "sts:TagSession",
        Condition: {
          ...ofATenant,
          // This tag and no other one. It stays with the session through every role that is taken from there, and cannot be replaced.
          "ForAllValues:StringEquals": { "aws:TagKeys": TENANT_TAG, "sts:TransitiveTagKeys": TENANT_TAG },
          // ForAllValues is content with nothing at all. (Tag keys cannot be missing: a tag is asked for above.)
          Null: { "sts:TransitiveTagKeys": "false" },
        },
      },
    ],
  };
}

/**
 * Nothing, for a session whose tag is not a tenant's id: missing (a negated operator is true of what is absent), empty, or of another shape.
 *
 * AWS does not document whether a `*` in a tag's value counts as a wildcard where the tag stands in a pattern. STS takes none in a
 * tag; should one get there, it is refused here.
 */
export function onlyForTenants(): iam.PolicyStatement[] {
  const everything = { effect: iam.Effect.DENY, actions: ["*"], resources: ["*"] };
  const tag = `aws:PrincipalTag/${TENANT_TAG}`;
  return [
    new iam.PolicyStatement({ ...everything, conditions: { StringNotLike: { [tag]: TENANT_SHAPE } } }),
    new iam.PolicyStatement({ ...everything, conditions: { StringLike: { [tag]: [somewhere("*"), somewhere("?")] } } }),
  ];
}

const READ_ITEMS = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
const WRITE_ITEMS = [
  "dynamodb:PutItem",
  "dynamodb:UpdateItem",
  "dynamodb:DeleteItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:ConditionCheckItem",
];

/**
 * The tenant's items: those whose partition key is the tenant's id, or begins with it and `#`.
 *
 * No Scan, and no PartiQL: both can come without keys.
 */
export function tenantItems(tableArn: string, indexes: readonly string[], write: boolean): iam.PolicyStatement[] {
  const conditions = {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [TENANT, `${TENANT}#*`] },
    // ForAllValues is true of a request without keys.
    Null: { "dynamodb:LeadingKeys": "false" },
  };
  const actions = write ? [...READ_ITEMS, ...WRITE_ITEMS] : READ_ITEMS;
  const statements = [new iam.PolicyStatement({ actions, resources: [tableArn], conditions })];
  if (indexes.length > 0) {
    const resources = indexes.map((index) => `${tableArn}/index/${index}`);
    statements.push(new iam.PolicyStatement({ actions: ["dynamodb:Query"], resources, conditions }));
  }
  return statements;
}

/** The tenant's objects: those below `<tenant id>/`. The slash keeps a longer id with the same beginning out. */
export function tenantObjects(bucketArn: string, write: boolean): iam.PolicyStatement[] {
  const change = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
  return [
    new iam.PolicyStatement({
      actions: write ? ["s3:GetObject", ...change] : ["s3:GetObject"],
      resources: [`${bucketArn}/${TENANT}/*`],
    }),
    new iam.PolicyStatement({
      actions: ["s3:ListBucket"],
      resources: [bucketArn],
      // A plain StringLike: a listing without a prefix is not allowed.
      conditions: { StringLike: { "s3:prefix": `${TENANT}/*` } },
    }),
  ];
}

const KEY_READS = { dynamodb: ["kms:Decrypt", "kms:DescribeKey"], s3: ["kms:Decrypt"] };
const KEY_WRITES = {
  dynamodb: [
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ],
  s3: ["kms:GenerateDataKey"],
};

/** A customer's key, through the service that keeps the data and never by itself. */
export function keyThrough(service: "dynamodb" | "s3", keyArn: string, region: string, write: boolean) {
  return new iam.PolicyStatement({
    actions: write ? [...KEY_READS[service], ...KEY_WRITES[service]] : KEY_READS[service],
    resources: [keyArn],
    conditions: { StringEquals: { "kms:ViaService": `${service}.${region}.amazonaws.com` } },
  });
}
