//! The one way to a session: a route that names [`Session`] runs only for a signed-in account.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use kapprum_domain::actor::Account;
use kapprum_protocol::problem::ProblemKind;
use zeroize::Zeroizing;

use super::{App, Refused, blocking};
use crate::tenant::Tenant;

/// A signed-in account at its tenant. What it may do is decided by its rights, per request.
pub(crate) struct Session {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) account: Account,
    pub(crate) bearer: Zeroizing<String>,
}

impl Session {
    /// Whether it goes on: it may be ended while a request waits or an answer is under way.
    pub(crate) fn is_live(&self) -> crate::store::Result<bool> {
        Ok(self.tenant.sign_in.session(&self.bearer)?.is_some())
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let signed_out = || {
            app.meters.sessions_refused.inc();
            Refused(ProblemKind::SignedOut, "")
        };
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|text| text.strip_prefix("Bearer ")).ok_or_else(signed_out)?;
        let bearer = Zeroizing::new(bearer.to_owned());
        let id = crate::sign_in::tenant_of(&bearer).ok_or_else(signed_out)?;
        // A tenant that is not here yet may be on its way back: its phones are to wait, not to let go what they hold.
        let tenant = app.tenants.get(id).ok_or(Refused(ProblemKind::Busy, ""))?;
        let (own, secret) = (tenant.clone(), bearer.clone());
        let account = blocking(move || own.sign_in.session(&secret)).await?.ok_or_else(signed_out)?;
        Ok(Self { tenant, account, bearer })
    }
}
