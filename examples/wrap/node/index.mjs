// The wiring: TENANTRY_FUNCTION is the ARN of Tenantry's function, alias included.
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda"; // Lambda's Node.js runtimes bring it.
import { tenantry, wrap } from "./wrap.mjs";
import { own } from "./own.mjs";

const lambda = new LambdaClient({
  // Cognito waits 5 s in all and calls again by itself; Tenantry answers within 3.5 s.
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 300, requestTimeout: 4_000 },
});

async function invoke(event) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: process.env.TENANTRY_FUNCTION, Payload: event }));
  return { failed: answer.FunctionError !== undefined, payload: answer.Payload?.transformToString() };
}

export const handler = wrap(own, tenantry(invoke));
