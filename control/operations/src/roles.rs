//! The catalogue of roles: which permissions and scopes a role stands for.

use std::collections::BTreeMap;

use domain::{Catalogue, Role, RoleGrant};
use store::Key;

use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations, ROUNDS};

impl Operations {
    /// The catalogue; empty where the table holds none.
    pub async fn catalogue(&self) -> Result<Catalogue, OperationError> {
        let found: Option<Catalogue> = self.session.get(&Key::catalogue()).await?;
        Ok(found.unwrap_or_default())
    }

    /// Says what a role stands for, from the next token on. For operators.
    pub async fn set_role(&self, role: &Role, grant: &RoleGrant) -> Result<Catalogue, OperationError> {
        self.change_catalogue("catalogue.set", role, |roles| {
            roles.insert(role.clone(), grant.clone());
            Ok(())
        })
        .await
    }

    /// Takes a role out of the catalogue: it stands for nothing but its name. For operators.
    pub async fn delete_role(&self, role: &Role) -> Result<Catalogue, OperationError> {
        self.change_catalogue("catalogue.delete", role, |roles| match roles.remove(role) {
            Some(_) => Ok(()),
            None => Err(OperationError::RoleUnknown(role.to_string())),
        })
        .await
    }

    async fn change_catalogue(
        &self,
        action: &'static str,
        role: &Role,
        change: impl Fn(&mut BTreeMap<Role, RoleGrant>) -> Result<(), OperationError> + Send + Sync,
    ) -> Result<Catalogue, OperationError> {
        self.operators_only()?;
        for _ in 0..ROUNDS {
            let before = self.catalogue().await?;
            let mut roles = before.roles().clone();
            change(&mut roles)?;
            if roles == *before.roles() {
                return Ok(before);
            }
            // INVARIANT: the catalogue's own check bounds the claims that it can lead to.
            let mut after = Catalogue::new(roles, before.revision)?;
            let now = self.now();
            let mut transaction = self.transaction();
            transaction.write(Part::Catalogue, &after)?;
            self.record_for_all(&mut transaction, now, Deed::new(action, role.as_ref()))?;
            if self.commit(&transaction).await?.is_empty() {
                after.revision += 1;
                return Ok(after);
            }
        }
        Err(OperationError::Contended)
    }
}
