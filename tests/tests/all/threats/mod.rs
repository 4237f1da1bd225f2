//! Attacks and faults to survive, each test named by its row of the threat model: `d` identity and domain, `i` invitations and seats,
//! `c` Cognito and tokens, `m` memberships and ways of signing in.

mod addresses;
mod bytes;
mod challenges;
mod domains;
mod identity;
mod in_between;
mod invitations;
mod memberships;
mod paths;
mod second_looks;
mod tokens;
