//! Deleting an app client: the tombstone first, so that nobody gets in whatever becomes of the rest.

use domain::{Binding, Client, ClientKind, Groups, Mode};

use crate::alignment::UserPools;
use crate::commit::Part;
use crate::record::Deed;
use crate::{OperationError, Operations};

impl Operations {
    /// Unbinds a client, leaving a tombstone, and deletes it in its pool. One that was not made here only with the operator's word.
    /// For operators.
    pub async fn delete_client(&self, pools: UserPools<'_>, client: &Client) -> Result<Binding, OperationError> {
        self.operators_only()?;
        let intent =
            self.intents(&client.pool).await?.into_iter().find(|known| known.made.as_ref() == Some(&client.id));
        if intent.is_none() && !pools.adopted {
            return Err(OperationError::ClientNotOurs);
        }
        // First the tombstone: whatever happens to the rest, nobody gets in.
        let binding = match self.unbind_client(client).await {
            Err(OperationError::ClientUnknown) => self.bury(client).await?,
            other => other?,
        };
        pool::delete(pools.cognito, client).await?;
        if let Some(intent) = intent {
            self.delete_others(pools, &intent, None).await?;
            self.forget(&intent, "client.delete").await?;
        }
        Ok(binding)
    }

    /// A tombstone for a client that was never bound: its pool may let such clients pass.
    async fn bury(&self, client: &Client) -> Result<Binding, OperationError> {
        let mut tombstone = Binding {
            client: client.clone(),
            kind: ClientKind::Unbound,
            mode: Mode::Enforce,
            groups: Groups::Carry,
            suppress_account_scope: false,
            revision: 0,
        };
        let target = format!("{}:{}", client.pool, client.id);
        let mut transaction = self.transaction();
        transaction.write(Part::Binding, &tombstone)?;
        self.record_for_all(&mut transaction, self.now(), Deed::new("client.unbind", &target))?;
        if !self.commit(&transaction).await?.is_empty() {
            return Err(OperationError::Contended);
        }
        tombstone.revision += 1;
        Ok(tombstone)
    }
}
