"""The example as its callers meet it, with a pool's keys on a loopback address."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from app import make_app

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01"
ACME = "t_aaaaaaaaaaaaaaaaaaaaaaaaaa"
GLOBEX = "t_bbbbbbbbbbbbbbbbbbbbbbbbbb"
POOL, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
JWKS = {"keys": [jwt.algorithms.RSAAlgorithm.to_jwk(POOL.public_key(), as_dict=True) | {"kid": "pool", "use": "sig"}]}


class Pool(BaseHTTPRequestHandler):
    """A pool that answers at its JWKS address, and nonsense elsewhere."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(JWKS).encode() if self.path == "/.well-known/jwks.json" else b"not JSON")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def pool():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pool)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(pool):
    return service_with(f"{pool}/.well-known/jwks.json")


def service_with(jwks):
    return TestClient(make_app(ISSUER, {"acme-web", "globex-web"}, jwks))


def claims(**changes):
    """What an access token of Ann's says, as Cognito writes it; None takes a claim out."""
    now = int(time.time())
    ann = {
        "sub": "5d9c7b1e-0000-4000-8000-000000000001",
        "iss": ISSUER,
        "client_id": "acme-web",
        "token_use": "access",
        "scope": "openid",
        "auth_time": now,
        "iat": now,
        "exp": now + 300,
        "tenant_id": ACME,
        "member_id": "m_cccccccccccccccccccccccccc",
        "roles": ["admin", "member"],
        "permissions": ["invoices:read"],
    }
    return {name: value for name, value in (ann | changes).items() if value is not None}


def signed(key=POOL, kid="pool", **changes):
    return jwt.encode(claims(**changes), key, algorithm="RS256", headers={"kid": kid} if kid else None)


def part(value):
    return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).rstrip(b"=").decode()


def with_the_public_key():
    """HS256 with what everybody knows as the secret."""
    secret = POOL.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = f"{part({'alg': 'HS256', 'kid': 'pool'})}.{part(claims())}"
    return f"{text}.{part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def tampered():
    header, _, signature = signed().split(".")
    return f"{header}.{part(claims(tenant_id=GLOBEX))}.{signature}"


def ask(service, token, path="/whoami"):
    answer = service.get(path, headers={"Authorization": f"Bearer {token}"})
    assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)
    return answer


def test_says_who_calls_and_in_which_tenant(service):
    answer = ask(service, signed())
    assert answer.status_code == 200
    assert answer.json() == {
        "tenant_id": ACME,
        "member_id": "m_cccccccccccccccccccccccccc",
        "roles": ["admin", "member"],
        "permissions": ["invoices:read"],
    }


@pytest.mark.parametrize(
    "claim, written, read",
    [
        ("roles", "admin member", ["admin", "member"]),
        ("roles", ["owner"], ["owner"]),
        ("roles", [], []),
        ("permissions", None, []),
        ("member_id", None, None),
    ],
)
def test_reads_roles_and_permissions_as_arrays_or_words_or_not_at_all(service, claim, written, read):
    assert ask(service, signed(**{claim: written})).json()[claim] == read


def test_a_path_opens_to_its_own_tenant_alone(service):
    assert ask(service, signed(), f"/tenants/{ACME}/invoices").status_code == 200
    for other in [GLOBEX, ACME.upper(), "acme"]:
        answer = ask(service, signed(), f"/tenants/{other}/invoices")
        assert (answer.status_code, answer.json()["detail"]) == (403, "This is another workspace's.")
    answer = ask(service, signed(permissions=["invoices:list"]), f"/tenants/{ACME}/invoices")
    assert (answer.status_code, answer.json()["detail"]) == (403, "Your role does not allow this.")


def test_a_token_without_tenant_is_nobodys(service):
    answer = ask(service, signed(tenant_id=None))
    assert (answer.status_code, answer.json()["detail"]) == (403, "Choose a workspace first.")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(token_use="id", aud="acme-web"), id="an ID token"),
        pytest.param(signed(token_use="id", aud="acme-web", client_id=None), id="an ID token without client_id"),
        pytest.param(signed(iss=f"{ISSUER}2"), id="another pool's"),
        pytest.param(signed(iss=None), id="nobody's"),
        pytest.param(signed(client_id="intruder"), id="another client's"),
        pytest.param(signed(exp=int(time.time()) - 60), id="an expired one"),
        pytest.param(signed(exp=None), id="one without end"),
        pytest.param(signed(token_use=None), id="one without use"),
        pytest.param(jwt.encode(claims(), None, algorithm="none", headers={"kid": "pool"}), id="alg none"),
        pytest.param(with_the_public_key(), id="HS256 with the public key"),
        pytest.param(tampered(), id="a tampered one"),
        pytest.param(signed(key=STRANGER), id="a stranger's signature"),
        pytest.param(signed(kid="other"), id="an unknown kid"),
        pytest.param(signed(kid=None), id="no kid"),
        pytest.param("nonsense", id="nonsense"),
        pytest.param("", id="nothing"),
    ],
)
def test_refuses_what_is_no_access_token_of_this_pool(service, token):
    answer = ask(service, token)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Sign in first.")


@pytest.mark.parametrize("header", [None, "Bearer", "Basic YW5uOnB3", signed(), f"Token {signed()}"])
def test_refuses_who_brings_no_bearer_token(service, header):
    answer = service.get("/whoami", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401


def test_says_so_while_the_pool_does_not_answer(pool):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks"
    for jwks in [nobody, f"{pool}/elsewhere"]:
        assert ask(service_with(jwks), signed()).status_code == 503
