/**
 * What must outlive every deployment.
 *
 * @module
 */
import { RemovalPolicy, Stack, type StackProps, Token } from "aws-cdk-lib";
import * as kms from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { CodeKey, type CodeKeyVersions } from "./constructs/code-key.ts";
import { TenantTable } from "./constructs/tenant-table.ts";
import type { Reasoned } from "./reasoned.ts";
import { refused } from "./refusal.ts";

/** What can be said of the data. */
export interface DataStackProps extends StackProps {
  /**
   * The table's name; `tenantctl --table` asks for it.
   *
   * @default tenantry
   */
  readonly tableName?: string;
  /**
   * A customer key for the table, the secret, and the functions' environment: one that is there, by its ARN, or `create`.
   *
   * @default AWS's own keys
   */
  readonly customerKey?: "create" | (string & {});
  /**
   * Which versions of the secret codes are made with: see `CodeKey`.
   *
   * @default the current one
   */
  readonly codeKey?: CodeKeyVersions;
  /**
   * Everything goes with the stack: for trials alone.
   *
   * @default kept and protected
   */
  readonly disposable?: Reasoned;
}

/** The table and the secret. Both stay when the stack is deleted, and the stack itself is protected against that. */
export class DataStack extends Stack {
  /** The table. */
  readonly table: TenantTable;
  /** What codes by mail are computed with. */
  readonly codeKey: CodeKey;
  /** The customer key, if there is one. */
  readonly customerKey: kms.IKey | undefined;

  /**
   * Throws `KEY_REGION` for a customer key of another Region.
   *
   * @param scope where it belongs
   * @param id its name there
   * @param props what can be said of the data
   */
  constructor(scope: Construct, id: string, props: DataStackProps = {}) {
    const { tableName = "tenantry", customerKey, codeKey, disposable, ...stack } = props;
    super(scope, id, { terminationProtection: disposable === undefined, ...stack });
    this.customerKey = this.#key(customerKey, disposable);
    const protection = {
      ...(this.customerKey !== undefined && { encryptionKey: this.customerKey }),
      ...(disposable !== undefined && { disposable }),
    };
    this.table = new TenantTable(this, "Table", { tableName, ...protection });
    this.codeKey = new CodeKey(this, "CodeKey", { ...codeKey, ...protection });
  }

  #key(customerKey: string | undefined, disposable: Reasoned | undefined): kms.IKey | undefined {
    if (customerKey === undefined) return undefined;
    if (customerKey !== "create") {
      const region = Token.isUnresolved(customerKey) ? this.region : customerKey.split(":")[3];
      if (!Token.isUnresolved(this.region) && region !== this.region) {
        refused(
          "KEY_REGION",
          `${customerKey} is of ${region}, and the table is of ${this.region}: services use keys of their own Region alone. Name a key of ${this.region}.`,
        );
      }
      return kms.Key.fromKeyArn(this, "Key", customerKey);
    }
    return new kms.Key(this, "Key", {
      description: "Tenantry: table, secret and environment",
      enableKeyRotation: true,
      removalPolicy: disposable === undefined ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
