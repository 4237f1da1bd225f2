/**
 * The secret that codes by mail are computed with.
 *
 * @module
 */
import { RemovalPolicy, SecretValue, Token, Validations } from "aws-cdk-lib";
import type * as kms from "aws-cdk-lib/aws-kms";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { explain, type Reasoned } from "../reasoned.ts";
import { refused } from "../refusal.ts";

/** Which versions of the secret count. */
export interface CodeKeyVersions {
  /**
   * The version of the secret (`VersionId`) that codes are made with. Name it once the key is replaced: CloudFormation reads a secret anew
   * only when its template changed. Name a version only together with a *new* secret value: naming the one that is in use already changes a function's text and not
   * what it resolves to, and CloudFormation fails, since Lambda makes no second version of an unchanged function.
   *
   * @default the current one, as it is when a function is created or changed
   */
  readonly version?: string;
  /**
   * The version before, while the key is being replaced: what was made with it still counts. Drop it once the codes' minutes are over. Leave it out
   * when the key leaked.
   *
   * @default none
   */
  readonly previousVersion?: string;
}

/** What can be said of the key. */
export interface CodeKeyProps extends CodeKeyVersions {
  /**
   * A customer key for the secret.
   *
   * @default Secrets Manager's own
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * The secret goes with its stack: for trials alone.
   *
   * @default kept
   */
  readonly disposable?: Reasoned;
}

/** A version of a secret, as Secrets Manager calls it [PutSecretValue, ClientRequestToken]. */
export const SECRET_VERSION = /^[A-Za-z0-9-]{32,64}$/;

/** What is neither letter nor digit in Secrets Manager's alphabet [GetRandomPassword]. */
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/**
 * A generated secret of 64 letters and digits, which is base64 of 48 bytes. Template and repository never hold it: functions get it by a reference that
 * CloudFormation resolves.
 *
 * To replace it, put another one there, name both versions, and deploy twice, the second time without the previous one:
 *
 * ```sh
 * openssl rand -base64 48 | tr -d '\n' | aws secretsmanager put-secret-value --secret-id ARN --secret-string file:///dev/stdin --query VersionId
 * ```
 */
export class CodeKey extends Construct {
  /** The secret. */
  readonly secret: secretsmanager.Secret;
  readonly #props: CodeKeyProps;

  /**
   * Throws `CODE_KEY_VERSION` for what is no version of a secret.
   *
   * @param scope where it belongs
   * @param id its name there; renaming it makes another key, and codes that were sent count no more
   * @param props what can be said of it
   */
  constructor(scope: Construct, id: string, props: CodeKeyProps = {}) {
    super(scope, id);
    this.#props = props;
    for (const version of [props.version, props.previousVersion]) {
      if (version === undefined || Token.isUnresolved(version) || SECRET_VERSION.test(version)) continue;
      refused(
        "CODE_KEY_VERSION",
        `${JSON.stringify(version)} is no secret's VersionId. \`aws secretsmanager list-secret-version-ids\` shows them. Name one of those.`,
      );
    }
    this.secret = new secretsmanager.Secret(this, "Secret", {
      description: "Tenantry: what the codes by mail are computed with",
      // Said twice: not every stand-in for Secrets Manager knows the short form.
      generateSecretString: { passwordLength: 64, excludePunctuation: true, excludeCharacters: PUNCTUATION },
      removalPolicy: props.disposable === undefined ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(props.encryptionKey !== undefined && { encryptionKey: props.encryptionKey }),
    });
    Validations.of(this.secret).acknowledge({
      id: "AwsSolutions::AwsSolutions-SMG4",
      reason:
        "A rotation that the functions do not hear of would make codes that nobody can answer. The key is replaced by putting another one there and deploying both versions.",
    });
    if (props.disposable !== undefined) {
      explain(this.secret, "disposable", props.disposable);
    }
  }

  /** The variables of whoever makes or compares codes. */
  get environment(): Readonly<Record<string, string>> {
    const { version, previousVersion } = this.#props;
    return {
      TENANTRY_CODE_KEY: this.#reference(version),
      ...(previousVersion !== undefined && { TENANTRY_CODE_KEY_PREVIOUS: this.#reference(previousVersion) }),
    };
  }

  /** A reference that CloudFormation resolves: what is unwrapped here is no secret. */
  #reference(version: string | undefined): string {
    return SecretValue.secretsManager(this.secret.secretArn, {
      ...(version !== undefined && { versionId: version }),
    }).unsafeUnwrap();
  }
}
