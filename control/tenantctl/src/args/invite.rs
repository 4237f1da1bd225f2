//! The grammar of `tenantctl invite`.

use clap::Subcommand;
use domain::{Email, Role};
use jiff::SignedDuration;
use operations::InvitationName;

use super::{Because, TenantName};
use crate::named::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum InviteCommand {
    /// Invite the holder of an address; the token is shown once
    Create {
        #[command(flatten)]
        tenant: TenantName,
        /// Who is invited
        address: Email,
        /// What they become; may be repeated [default: what the tenant's policy says]
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
        /// How long it is open, up to 90 days: 30m, 48h, 7d
        #[arg(long, default_value = "7d", value_parser = duration, value_name = "TIME")]
        expires: SignedDuration,
        /// Revoke the open invitation of this address at once
        #[arg(long)]
        replaces: bool,
    },
    /// List invitations
    List {
        #[command(flatten)]
        tenant: TenantName,
        /// Those that were used, revoked or have expired, too
        #[arg(long)]
        all: bool,
    },
    /// Take an invitation back
    Revoke {
        #[command(flatten)]
        tenant: TenantName,
        /// The address, or the invitation's id or its beginning
        #[arg(value_name = "INVITATION")]
        invitation: InvitationName,
        #[command(flatten)]
        because: Because,
    },
    /// Revoke and reissue with the same roles; the new token is shown once
    Resend {
        #[command(flatten)]
        tenant: TenantName,
        /// The address, or the invitation's id or its beginning
        #[arg(value_name = "INVITATION")]
        invitation: InvitationName,
        /// How long it is open, up to 90 days: 30m, 48h, 7d
        #[arg(long, default_value = "7d", value_parser = duration, value_name = "TIME")]
        expires: SignedDuration,
    },
}
