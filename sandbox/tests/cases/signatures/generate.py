#!/usr/bin/env python3
"""Writes signatures.json: requests and their OAuth 1.0a signatures by oauthlib (pip install oauthlib==4.0.1)."""

import json
from pathlib import Path

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA512, SIGNATURE_PLAINTEXT, Client

SECRETS = [("cs", "ts"), ("a&b=c%d+e", "sécret/ü~"), ("-._~", " ")]
METHODS = [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA512, SIGNATURE_PLAINTEXT]
QUERIES = [
    "",
    "a=1&b=2",
    "b=2&a=1",
    "a=2&a=1&a=10&a=",
    "a1=x&a=y&a%3Db=z",
    "q=a%20b&r=a%2Bb&s=%26%3D%25",
    "accent=%C3%A9&emoji=%F0%9F%98%80&%C3%BC=1",
    "empty=&=nameless&flag=",
    "tilde=~&star=%2A&quote=%27&paren=%28%29&bang=%21",
    "A=1&a=1&Z=1&_=1&-=1",
    "oauth_like=1&zz=%25%32%30",
]
PATHS = ["/", "/v2/self", "/v2/organisations/orga_1/addons/addon_1/tags/a%2Fb", "/v2/%C3%A9/a%20b"]


def vectors():
    for number, query in enumerate(QUERIES):
        for method in METHODS:
            consumer_secret, secret = SECRETS[number % len(SECRETS)]
            path = PATHS[number % len(PATHS)]
            client = Client(
                "ck", client_secret=consumer_secret, resource_owner_key="t&k", resource_owner_secret=secret,
                signature_method=method, nonce=f"nonce {number}", timestamp=str(1700000000 + number),
            )
            uri = f"http://127.0.0.1:8080{path}" + (f"?{query}" if query else "")
            verb = ["GET", "POST", "DELETE"][number % 3]
            _, headers, _ = client.sign(uri, http_method=verb)
            yield {
                "method": verb, "host": "127.0.0.1:8080", "path": path, "query": query,
                "consumerSecret": consumer_secret, "secret": secret, "header": headers["Authorization"],
            }


target = Path(__file__).with_name("signatures.json")
target.write_text("[\n" + ",\n".join("  " + json.dumps(vector) for vector in vectors()) + "\n]\n")
