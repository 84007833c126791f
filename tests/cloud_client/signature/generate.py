"""Writes vectors.json: hostile requests and the signatures that oauthlib, an independent implementation, gives them.

    python3 -m venv "$CACHE" && "$CACHE/bin/pip" install -r requirements.txt && "$CACHE/bin/python" generate.py

One line per request: method, URL, consumer key and secret, token and its secret, nonce, timestamp, then the signatures by HMAC-SHA512,
by PLAINTEXT and by HMAC-SHA1, decoded. Bodies are not here: they are JSON, which OAuth does not sign (oauthlib would add an extension of its own).
"""

import json
import random
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

from oauthlib.oauth1 import Client

PLAIN_KEYS = ("consumer", "consumer secret", "token", "token secret")

# What the address may look like on the wire; the path is signed as it stands there, whatever its escapes mean.
ADDRESSES = [
    "https://api.example.com/v2/organisations/orga_1/things",
    "https://api.example.com",
    "https://api.example.com/",
    "HTTPS://API.Example.COM/v2/Self",
    "https://api.example.com:443/v2/self",
    "https://api.example.com:8443/v2/self",
    "http://api.example.com:80/v2/self",
    "http://API.example.com:8080/v2/self",
    "http://127.0.0.1:4242/v2/self",
    "http://[::1]:4242/v2/self",
    "https://api.example.com/a%2Fb/c%20d/%7Etilde/~tilde",
    "https://api.example.com/%c3%a9t%C3%A9/%E2%82%AC",
    "https://api.example.com/a//b/;p=1/x,y/(z)!*'$&+=:@",
    "https://api.example.com/100%25/%2525/a+b",
    "https://api.example.com/v2/addon_%7B1%7D/%5Benv%5D/%7C",
]

# Pairs whose order, encoding or number is easy to get wrong.
PAIRS = [
    [],
    [("a", "1")],
    [("a", "1"), ("a", "1")],
    [("a", "2"), ("a", "1"), ("a", "10")],
    [("a", ""), ("a", "0"), ("", "x"), ("b", "")],
    [("a1", "0"), ("a", "1"), ("a0", "1"), ("a-", "2"), ("a=", "3"), ("a%", "4"), ("a~", "5")],
    [("A", "1"), ("a", "2"), ("_", "3"), ("~", "4"), ("-", "5"), (".", "6"), ("0", "7")],
    [("a b", "c d"), ("a+b", "c+d"), ("a%20b", "c%20d")],
    [("x", "%2F"), ("x", "/"), ("x", "%"), ("x", "%25"), ("x", "%252F")],
    [("été", "€"), ("z", "é"), ("日本", "語"), ("🦀", "🔏"), ("e\u0301", "é")],
    [("k", "a&b=c"), ("k&", "="), ("=", "&"), ("k=", "v")],
    [("reserved", ":/?#[]@!$&'()*+,;="), (":/?#[]@!$&'()*+,;=", "reserved")],
    [("unreserved", "-._~AZaz09"), ("-._~AZaz09", "unreserved")],
    [("oauth_consumer_kex", "before"), ("oauth_consumer_kez", "after"), ("oauth_", "first"), ("oauth_zzz", "last")],
    [("oauth_nonce", "0"), ("oauth_nonce", "zzz"), ("oauth_token", "another"), ("oauth_version", "0.9")],
    [("oauth_signature", "left out"), ("oauth_signature_methoe", "kept")],
    [("o", "1"), ("oauth", "2"), ("p", "3"), ("O", "4")],
    [("filter[name]", "a|b"), ("filter[name]", "a\\b"), ("q", '"quoted"'), ("lt", "<>"), ("caret", "^`{}")],
    [("line\nbreak", "a\r\nb"), ("tab\t", "\x00\x7f")],
    [("é", "1"), ("z", "2"), ("%C3%A9", "3"), ("~", "4"), ("\uffff", "5"), ("\U00010000", "6")],
    [(f"k{number}", str(number)) for number in range(12)],
]

# Query strings as they come, beyond what any encoder would write.
RAW_QUERIES = ["", "a", "a&b", "a=", "=a", "=", "&", "a&&b=1&", "a=b=c", "a=1;b=2", "+=+", "%20=%20", "%2b=%2B", "a=%c3%a9", "a=/?:@!$'()*,", "~=%7e"]

SECRETS = [
    ("k", "s", "t", "u"),
    ("key&key", "se&cret", "to=ken", "sec%26ret"),
    ("k e y", "s+ecret ", "tok+en", " secret"),
    ("clé", "sécrèt€", "🔑", "🔏🔏"),
    ("k/e%2Fy", "~-._", '"token"', ":/?#[]@!$&'()*+,;="),
    ("k", "", "t", ""),
    ("k" * 70, "s" * 90, "t" * 70, "u" * 90),
]

ENCODERS = [
    lambda text: quote(text, safe=""),
    lambda text: quote_plus(text, safe=""),
    lambda text: quote(text, safe="/:@!$'()*,;?"),
    lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
]


def query(pairs, encode):
    return "&".join(f"{encode(key)}={encode(value)}" for key, value in pairs)


def with_query(address, query):
    return f"{address}?{query}"


def requests():
    """The plain product of what is hostile by itself, then a mixture of everything, the same in every run."""
    for address in ADDRESSES:
        yield "GET", address, PLAIN_KEYS
        yield "DELETE", with_query(address, "b=2&a=1&b=1"), SECRETS[1]
    for pairs in PAIRS:
        for encode in ENCODERS:
            yield "GET", with_query(ADDRESSES[0], query(pairs, encode)), PLAIN_KEYS
    for raw in RAW_QUERIES:
        yield "PUT", with_query(ADDRESSES[1], raw), PLAIN_KEYS
    for keys in SECRETS:
        yield "POST", ADDRESSES[0], keys
    chance = random.Random(5849)
    for _ in range(120):
        pairs = [pair for _ in range(chance.randrange(4)) for pair in chance.choice(PAIRS)]
        chance.shuffle(pairs)
        url = with_query(chance.choice(ADDRESSES), query(pairs, chance.choice(ENCODERS)))
        yield chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE"]), url, chance.choice(SECRETS)


def signature(method, url, keys, stamp, signature_method):
    nonce, timestamp = stamp
    client = Client(*keys, signature_method=signature_method, nonce=nonce, timestamp=timestamp)
    _, headers, _ = client.sign(url, http_method=method)
    parameters = dict(part.split("=", 1) for part in headers["Authorization"].removeprefix("OAuth ").split(", "))
    return unquote(parameters["oauth_signature"].strip('"'))


def vector(number, request):
    method, url, keys = request
    stamp = (f"nonce{number}", str(1_700_000_000 + number))
    signatures = [signature(method, url, keys, stamp, name) for name in ("HMAC-SHA512", "PLAINTEXT", "HMAC-SHA1")]
    return [method, url, *keys, *stamp, *signatures]


def main():
    lines = [json.dumps(vector(number, request), ensure_ascii=False) for number, request in enumerate(requests())]
    Path(__file__).with_name("vectors.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
