"""Reads a JSON list of texts and says of each which mailbox Python's `email` finds in it: [local part, domain], or null."""

import json
import sys
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr


def split(address):
    local, at, domain = address.rpartition("@")
    return [local, domain] if at else None


def parsed(text):
    return split(parseaddr(text)[1])


def to_whom(text):
    """The first one of a mail's To header, as its parser understands it."""
    message = EmailMessage()
    message["To"] = text
    addresses = message["To"].addresses
    return [addresses[0].username, addresses[0].domain] if addresses and addresses[0].domain else None


def spelled(text):
    address = Address(addr_spec=text)
    return [address.username, address.domain] if address.domain else None


def read(reader, text):
    # Whatever a reader throws at a hostile text, it found nobody in it.
    try:
        return reader(text)
    except Exception:
        return None


texts = json.load(sys.stdin)
readers = {"parseaddr": parsed, "the To header": to_whom, "Address": spelled}
json.dump({name: [read(reader, text) for text in texts] for name, reader in readers.items()}, sys.stdout)
