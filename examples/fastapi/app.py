"""A service of several tenants in FastAPI; the marked region is the part to copy."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer


# snippet:start
@dataclass(frozen=True)
class Tenant:
    """Who calls, in which tenant and as what; a machine has no member_id."""

    tenant_id: str
    member_id: str | None
    roles: frozenset[str]
    permissions: frozenset[str]


def current_tenant(issuer: str, clients: set[str], keys: jwt.PyJWKClient) -> Callable[..., Tenant]:
    """A dependency that believes this pool's access tokens for these app clients, and nothing else."""

    def tenant(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> Tenant:
        not_signed_in = HTTPException(401, "Sign in first.", {"WWW-Authenticate": "Bearer"})
        if bearer is None:
            raise not_signed_in
        try:
            claims = jwt.decode(
                bearer.credentials,
                keys.get_signing_key_from_jwt(bearer.credentials),
                algorithms=["RS256"],
                issuer=issuer,
                leeway=10,
                # Cognito's access tokens have no `aud`; `client_id` is looked at below.
                options={"require": ["exp", "iss"], "verify_aud": False},
            )
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, json.JSONDecodeError) as error:
            raise HTTPException(503, "Signing in cannot be checked right now. Try again.") from error
        except jwt.PyJWTError as error:
            raise not_signed_in from error
        if claims.get("token_use") != "access" or claims.get("client_id") not in clients:
            raise not_signed_in
        tenant_id = claims.get("tenant_id")
        if not tenant_id:
            raise HTTPException(403, "Choose a workspace first.")
        if request.path_params.get("tenant_id", tenant_id) != tenant_id:
            raise HTTPException(403, "This is another workspace's.")
        return Tenant(tenant_id, claims.get("member_id"), words(claims, "roles"), words(claims, "permissions"))

    return tenant


def words(claims: dict[str, Any], name: str) -> frozenset[str]:
    """An array or, where the deployment chose so, one string with spaces."""
    claim = claims.get(name, [])
    return frozenset(claim.split() if isinstance(claim, str) else claim)
# snippet:end


def make_app(issuer: str, clients: set[str], jwks: str) -> FastAPI:
    """The service."""
    app = FastAPI()
    CurrentTenant = Annotated[Tenant, Depends(current_tenant(issuer, clients, jwt.PyJWKClient(jwks, timeout=5)))]

    @app.get("/whoami")
    def whoami(tenant: CurrentTenant) -> dict[str, Any]:
        return {
            "tenant_id": tenant.tenant_id,
            "member_id": tenant.member_id,
            "roles": sorted(tenant.roles),
            "permissions": sorted(tenant.permissions),
        }

    @app.get("/tenants/{tenant_id}/invoices")
    def invoices(tenant_id: str, tenant: CurrentTenant) -> dict[str, Any]:
        if "invoices:read" not in tenant.permissions:
            raise HTTPException(403, "Your role does not allow this.")
        return {"tenant_id": tenant_id, "invoices": []}

    return app


def from_environment() -> FastAPI:
    """For `uvicorn --factory app:from_environment`."""
    issuer = os.environ["COGNITO_ISSUER"]
    jwks = os.environ.get("COGNITO_JWKS", f"{issuer}/.well-known/jwks.json")
    return make_app(issuer, set(os.environ["COGNITO_CLIENTS"].split(",")), jwks)
