//! What the tokens say, claim by claim.
