/**
 * Which processor a Linux program was built for.
 *
 * @module
 */
import * as lambda from "aws-cdk-lib/aws-lambda";

/** `e_machine` of an ELF header [System V ABI, "ELF Header"], for the processors that Lambda has. */
const MACHINES = new Map([
  [0x3e, lambda.Architecture.X86_64],
  [0xb7, lambda.Architecture.ARM_64],
]);

/** The processor by the program's first bytes; `undefined` for what is no 64-bit little-endian ELF program of a known one. */
export function elfArchitecture(program: Buffer): lambda.Architecture | undefined {
  const isElf64 =
    program.length >= 20 && program.readUInt32BE(0) === 0x7f454c46 && program[4] === 2 && program[5] === 1;
  return isElf64 ? MACHINES.get(program.readUInt16LE(18)) : undefined;
}
