//! The tenants that are served. One that is added beside the serving process is found by looking.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use kapprum_domain::id::TenantId;

use crate::config::Config;
use crate::open;
use crate::tenant::Tenant;

/// See the module.
pub(super) struct Tenants {
    all: RwLock<BTreeMap<TenantId, Arc<Tenant>>>,
    /// Those that were restored and are not served before an import.
    away: RwLock<BTreeSet<TenantId>>,
}

impl Tenants {
    pub(super) fn new(tenants: Vec<Arc<Tenant>>) -> Self {
        let all = tenants.into_iter().map(|tenant| (tenant.id, tenant)).collect();
        Self { all: RwLock::new(all), away: RwLock::default() }
    }

    pub(super) fn get(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Whether it is here and not served yet.
    pub(super) fn is_away(&self, id: TenantId) -> bool {
        self.away.read().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    pub(super) fn all(&self) -> Vec<Arc<Tenant>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Serves also what has been added to the data folder; what can't be opened is told once.
    pub(super) fn add_new(&self, config: &Config, told: &mut BTreeSet<TenantId>) {
        let Ok(found) = open::tenants(config) else { return };
        for (id, folder) in found {
            if told.contains(&id) || self.get(id).is_some() {
                continue;
            }
            if open::owes_import(&folder) {
                self.away.write().unwrap_or_else(PoisonError::into_inner).insert(id);
                continue;
            }
            match open::at_work(config, id, &folder) {
                Ok(tenant) => {
                    tracing::info!(tenant = %id, "a tenant was added");
                    self.all.write().unwrap_or_else(PoisonError::into_inner).insert(id, tenant);
                }
                Err(error) => {
                    tracing::error!(%error, "a tenant was added and can't be served");
                    told.insert(id);
                }
            }
        }
    }
}
