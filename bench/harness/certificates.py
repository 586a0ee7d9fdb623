"""Certificates for one run: a root, an authority under it, and the server's own, as AWS's servers have them."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from wild_rydes import console

# AWS's endpoints have such keys, too.
KEY = ("-newkey", "rsa:2048", "-nodes")
AUTHORITY = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign")
SERVER = ("basicConstraints=critical,CA:FALSE", "subjectAltName=IP:127.0.0.1", "extendedKeyUsage=serverAuth")


class Certificates(NamedTuple):
    root: Path
    # The server's, and the authority's after it.
    chain: Path
    key: Path

    def bundle(self, others: Path) -> Path:
        """A file with the root and these others, for AWS_CA_BUNDLE."""
        bundle = self.root.with_name(f"bundle-{others.stem}.pem")
        bundle.write_text(f"{others.read_text()}\n{self.root.read_text()}")
        return bundle


def make(folder: Path) -> Certificates:
    if not shutil.which("openssl"):
        raise console.Stop("openssl is missing, which makes the certificates of the stand-in for AWS: install it")
    root = certificate(folder, "root", AUTHORITY)
    authority = certificate(folder, "authority", AUTHORITY, issuer=root)
    server = certificate(folder, "server", SERVER, issuer=authority)
    chain = folder / "chain.pem"
    chain.write_text(server.read_text() + authority.read_text())
    return Certificates(root, chain, key_of(server))


def certificate(folder: Path, name: str, extensions: tuple[str, ...], issuer: Path | None = None) -> Path:
    file = folder / f"{name}.pem"
    signed = ("-CA", str(issuer), "-CAkey", str(key_of(issuer))) if issuer else ()
    added = [part for extension in extensions for part in ("-addext", extension)]
    to = ("-keyout", str(key_of(file)), "-out", str(file), "-days", "2", "-subj", f"/CN=bench {name}")
    # An empty configuration: the machine's own may add extensions.
    made = subprocess.run(
        ["openssl", "req", "-x509", "-config", "/dev/stdin", *KEY, *signed, *added, *to],
        input="[req]\ndistinguished_name=name\n[name]\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise console.Stop(f"openssl could not make the certificate of the {name}: {made.stderr.strip()}")
    return file


def key_of(certificate: Path) -> Path:
    return certificate.with_suffix(".key")
