//! A pool's id names its Region: one client of the SDK asks pools of every Region.

use aws_sdk_cognitoidentityprovider::config::{Builder, Region};
use domain::PoolId;

pub(crate) fn in_region(pool: &PoolId) -> Builder {
    let region = pool.as_ref().split_once('_').map_or("", |(region, _)| region);
    Builder::new().region(Region::new(region.to_owned()))
}
