/**
 * The table that holds every fact about tenants.
 *
 * @module
 */
import { RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import { facts } from "../facts.ts";
import { explain, type Reasoned } from "../reasoned.ts";

/** What can be said of the table. */
export interface TenantTableProps {
  /**
   * Its name. A table that was kept stands in the way of a new one of the same name.
   *
   * @default CloudFormation's
   */
  readonly tableName?: string;
  /**
   * A customer key. Whoever uses the table then needs `kms:Decrypt` on it too; the constructs that take the table grant it.
   *
   * @default DynamoDB's own key, which costs nothing and shows no one's access
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * The table goes with its stack, is not protected against deletion and has no point-in-time recovery: for trials alone.
   *
   * @default kept, protected and recoverable to any second of the last 35 days
   */
  readonly disposable?: Reasoned;
}

const string = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });

/** One DynamoDB table, on demand, with the keys, the time to live and the index that the Rust code defines. */
export class TenantTable extends Construct {
  /** The table. */
  readonly table: dynamodb.Table;

  /**
   * @param scope where it belongs
   * @param id its name there; renaming it makes another, empty table
   * @param props what can be said of it
   */
  constructor(scope: Construct, id: string, props: TenantTableProps = {}) {
    super(scope, id);
    const kept = props.disposable === undefined;
    this.table = new dynamodb.Table(this, "Table", {
      partitionKey: string(facts.table.partitionKey),
      sortKey: string(facts.table.sortKey),
      timeToLiveAttribute: facts.table.timeToLive,
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: kept },
      deletionProtection: kept,
      removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(props.tableName !== undefined && { tableName: props.tableName }),
      ...(props.encryptionKey === undefined
        ? { encryption: dynamodb.TableEncryption.DEFAULT }
        : { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.encryptionKey }),
    });
    this.table.addGlobalSecondaryIndex({
      indexName: facts.table.index.name,
      partitionKey: string(facts.table.index.partitionKey),
      sortKey: string(facts.table.index.sortKey),
      projectionType: dynamodb.ProjectionType.ALL,
    });
    if (props.disposable !== undefined) {
      explain(this.table, "disposable", props.disposable);
      Validations.of(this.table).acknowledge({
        id: "AwsSolutions::AwsSolutions-DDB3",
        reason: `What is in it need not be recovered, the table goes with its stack: ${props.disposable.reason}`,
      });
    }
  }

  /**
   * What a role needs of the table's customer key: nothing, if there is none. The key can be used through DynamoDB alone.
   *
   * @param access what the role does with the items
   */
  keyStatements(access: "read" | "write"): iam.PolicyStatement[] {
    const key = this.table.encryptionKey;
    if (key === undefined) return [];
    const write = [
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ];
    return [
      new iam.PolicyStatement({
        sid: "UseTableKey",
        actions: ["kms:Decrypt", "kms:DescribeKey", ...(access === "write" ? write : [])],
        resources: [key.keyArn],
        conditions: { StringEquals: { "kms:ViaService": `dynamodb.${Stack.of(this).region}.amazonaws.com` } },
      }),
    ];
  }
}
