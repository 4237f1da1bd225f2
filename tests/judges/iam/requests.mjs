// What sessions ask for. Everything that must not be allowed is written as an allowed request with ONE thing changed.

export const ACME = "t_acme5acme5acme5acme5acme5a";
export const GLOBEX = "t_globex5globex5globex5globe";
const INITECH = "t_initech5initech5initech5in";

/**
 * The session's tag `tenant_id`, by the name of its column. The rows are about Acme's data.
 *
 * Several values can come as one text alone: STS takes no list ("Multivalued session tags are not supported", IAM User Guide, Passing
 * session tags in AWS STS), and the evaluator would take the first of a list.
 */
export const TAGS = {
  right: ACME,
  wrong: INITECH,
  missing: undefined,
  empty: "",
  "case changed": ACME.toUpperCase().replace("T_", "t_"),
  "CASE CHANGED": ACME.toUpperCase(),
  "*": "*",
  "t_***": `t_${"*".repeat(26)}`,
  "t_???": `t_${"?".repeat(26)}`,
  "../": "../",
  "two, comma": `${ACME},${GLOBEX}`,
  "two, colon": `${ACME}:${GLOBEX}`,
};

/** The columns whose tag has the shape of a tenant's id, whether there is such a tenant or not. */
export const TENANTS = ["right", "wrong", "case changed"];

/** @returns the requests that Acme's session may make, those that any tenant's session may make, and those that no session of these may make, by name. */
export function requests({ tableArn, bucketArn, keyArn, parameterArn }) {
  const keys = (...keys) => ({ "dynamodb:LeadingKeys": keys });
  const items = (action, ...of) => ({ action: `dynamodb:${action}`, resource: tableArn, context: keys(...of) });
  const object = (action, name) => ({ action: `s3:${action}`, resource: `${bucketArn}/${name}`, context: {} });
  const list = (prefix) => ({ action: "s3:ListBucket", resource: bucketArn, context: { "s3:prefix": prefix } });
  const key = (action, service) => ({
    action: `kms:${action}`,
    resource: keyArn,
    context: { "kms:ViaService": `${service}.eu-west-1.amazonaws.com` },
  });
  const parameter = (tenant) => ({
    action: "ssm:GetParameter",
    resource: `${parameterArn}/tenants/${tenant}/theme`,
    context: {},
  });

  const allowed = {
    Get: items("GetItem", ACME),
    "Get a longer key": items("GetItem", `${ACME}#ORDER#17`),
    Put: items("PutItem", ACME),
    Update: items("UpdateItem", `${ACME}#ORDER#17`),
    Delete: items("DeleteItem", `${ACME}#ORDER#17`),
    "check a condition": items("ConditionCheckItem", ACME),
    Query: items("Query", ACME),
    BatchGet: items("BatchGetItem", ACME, `${ACME}#ORDER#17`),
    BatchWrite: items("BatchWriteItem", ACME, `${ACME}#ORDER#17`),
    "Query the index": { ...items("Query", `${ACME}#2026-11-21`), resource: `${tableArn}/index/by_day` },
    "S3 get": object("GetObject", `${ACME}/report.pdf`),
    "S3 put": object("PutObject", `${ACME}/report.pdf`),
    "S3 delete": object("DeleteObject", `${ACME}/report.pdf`),
    "S3 abort an upload": object("AbortMultipartUpload", `${ACME}/report.pdf`),
    "S3 list": list(`${ACME}/`),
    "S3 list deeper": list(`${ACME}/2026/`),
    "another service": parameter(ACME),
  };

  // A key is one for all tenants. By itself it opens nothing: the service asks for the item or the object as well.
  const shared = {
    "decrypt through DynamoDB": key("Decrypt", "dynamodb"),
    "encrypt through DynamoDB": key("Encrypt", "dynamodb"),
    "decrypt through S3": key("Decrypt", "s3"),
    "encrypt through S3": key("GenerateDataKey", "s3"),
  };

  const denied = {
    "Get of Globex": but("Get", { context: keys(GLOBEX) }),
    "Get of a longer id": but("Get", { context: keys(`${ACME}0`) }),
    "Get of no id": but("Get", { context: keys("#ORDER#17") }),
    "Put of Globex": but("Put", { context: keys(GLOBEX) }),
    "Update of Globex": but("Update", { context: keys(`${GLOBEX}#ORDER#17`) }),
    "Delete of Globex": but("Delete", { context: keys(`${GLOBEX}#ORDER#17`) }),
    "Query of Globex": but("Query", { context: keys(GLOBEX) }),
    "Query without a key": but("Query", { context: {} }),
    "BatchGet of two tenants": but("BatchGet", { context: keys(ACME, GLOBEX) }),
    "BatchWrite of two tenants": but("BatchWrite", { context: keys(ACME, GLOBEX) }),
    Scan: but("Query", { action: "dynamodb:Scan" }),
    "Scan the index": but("Query the index", { action: "dynamodb:Scan" }),
    "PartiQL select": but("Get", { action: "dynamodb:PartiQLSelect" }),
    "PartiQL insert": but("Put", { action: "dynamodb:PartiQLInsert" }),
    "PartiQL update": but("Update", { action: "dynamodb:PartiQLUpdate" }),
    "PartiQL delete": but("Delete", { action: "dynamodb:PartiQLDelete" }),
    "Query the index of Globex": but("Query the index", { context: keys(`${GLOBEX}#2026-11-21`) }),
    "Query the index without a key": but("Query the index", { context: {} }),
    "Query an index not granted": but("Query the index", { resource: `${tableArn}/index/of_everybody` }),
    "Query another table": but("Query", { resource: `${tableArn}-archive` }),
    "S3 get of Globex": but("S3 get", { resource: `${bucketArn}/${GLOBEX}/report.pdf` }),
    "S3 get of a longer id": but("S3 get", { resource: `${bucketArn}/${ACME}0/report.pdf` }),
    "S3 get of no id": but("S3 get", { resource: `${bucketArn}//report.pdf` }),
    "S3 get at the root": but("S3 get", { resource: `${bucketArn}/${ACME}` }),
    "S3 get up and down": but("S3 get", { resource: `${bucketArn}/../${ACME}/report.pdf` }),
    "S3 get in another bucket": but("S3 get", { resource: `${bucketArn}.archive/${ACME}/report.pdf` }),
    "S3 put of Globex": but("S3 put", { resource: `${bucketArn}/${GLOBEX}/report.pdf` }),
    "S3 put, public": but("S3 put", { action: "s3:PutObjectAcl" }),
    "S3 delete of Globex": but("S3 delete", { resource: `${bucketArn}/${GLOBEX}/report.pdf` }),
    "S3 list of Globex": but("S3 list", { context: { "s3:prefix": `${GLOBEX}/` } }),
    "S3 list without a prefix": but("S3 list", { context: {} }),
    "S3 list, empty prefix": but("S3 list", { context: { "s3:prefix": "" } }),
    "S3 list, prefix without slash": but("S3 list", { context: { "s3:prefix": ACME } }),
    "S3 list of no id": but("S3 list", { context: { "s3:prefix": "/" } }),
    "decrypt by itself": but("decrypt through DynamoDB", { context: {} }),
    "decrypt through Secrets Manager": but("decrypt through S3", {
      context: { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" },
    }),
    "another service, of Globex": but("another service", { resource: `${parameterArn}/tenants/${GLOBEX}/theme` }),
  };
  return { allowed, shared, denied };

  function but(name, change) {
    return { ...(allowed[name] ?? shared[name]), ...change, twin: name };
  }
}
